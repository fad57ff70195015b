/** What browsers need so that uni-app's elements can be reached by keyboard and named by a screen reader.
 *  WeChat does this by itself. */
const PRESSABLE = '[role=button],[role=link],[role=tab],[role=switch],[role=checkbox],[role=radio],[role=option],uni-button'

export function aidBrowsers() {
  // #ifdef H5
  const mend = () => {
    for (const el of document.querySelectorAll<HTMLElement>(PRESSABLE)) {
      if (el.localName === 'uni-button' && !el.hasAttribute('role')) el.setAttribute('role', 'button')
      if (!el.hasAttribute('tabindex')) el.tabIndex = 0
    }
    // uni-app leaves the label on its wrapper; the control inside is what gets the focus.
    for (const el of document.querySelectorAll('uni-input[aria-label],uni-textarea[aria-label]')) {
      el.querySelector('input,textarea')?.setAttribute('aria-label', el.getAttribute('aria-label')!)
    }
    for (const el of document.querySelectorAll('uni-image[aria-label] img')) {
      el.setAttribute('alt', el.parentElement!.getAttribute('aria-label')!)
    }
    for (const el of document.querySelectorAll('img:not([alt])')) el.setAttribute('alt', '')
  }
  // Once a frame, however much changes: a page that never rests is mended too.
  let due = false
  new MutationObserver(() => {
    if (due) return
    due = true
    requestAnimationFrame(() => {
      due = false
      mend()
    })
  }).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ['aria-label'] })
  document.addEventListener('keydown', (e) => {
    const el = e.target as HTMLElement
    if ((e.key === 'Enter' || e.key === ' ') && el.matches?.(PRESSABLE)) {
      e.preventDefault()
      el.click()
    }
  })
  mend()
  // #endif
}
