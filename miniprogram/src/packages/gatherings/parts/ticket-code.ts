/** What the code on a ticket says, and how it is read back from a scan or from what somebody typed. */
const MARK = 'PALM-TICKET:'

export const codeOf = (ticket: string) => MARK + ticket

/** The ticket in a text; undefined when there is none. */
export function ticketIn(text: string): string | undefined {
  const found = text.trim().replace(/^palm-ticket:/i, '').replace(/[\s-]/g, '').toLowerCase()
  return /^[0-9a-f]{32}$/.test(found) ? found : undefined
}

/** In groups of four, for reading aloud. */
export const spaced = (ticket: string) => ticket.match(/.{1,4}/g)?.join(' ') ?? ''
