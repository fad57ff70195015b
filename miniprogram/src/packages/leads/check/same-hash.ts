/** Whether a code means this entry: by its hash, or by as much of the beginning as fits into a small code. */
export function sameHash(whole: string | undefined, said = ''): boolean {
  return said.length >= 20 && !!whole?.startsWith(said)
}
