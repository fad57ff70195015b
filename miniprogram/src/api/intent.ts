/** One key per thing that a person wants done. Sending the same wish again after a failure whose outcome is
 *  unknown uses the same key, so that the server does it once; a different wish gets a new one. */
import { ApiError } from './http'

export function newKey(): string {
  const random = () => Math.random().toString(36).slice(2, 12)
  return `${Date.now().toString(36)}-${random()}-${random()}`
}

export class Intent {
  private key = ''
  private wish = ''

  keyFor(wish: unknown): string {
    const text = JSON.stringify(wish) ?? ''
    if (!this.key || text !== this.wish) {
      this.key = newKey()
      this.wish = text
    }
    return this.key
  }

  /** Tell how it ended; after a definite answer the next attempt is a new intent. */
  ended(error?: unknown) {
    if (!(error instanceof ApiError && error.uncertain)) this.key = ''
  }
}
