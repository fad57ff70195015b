/** Printing the page; only browsers can. */
export function printPage() {
  // #ifdef H5
  window.print()
  // #endif
}
