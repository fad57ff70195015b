/** Agreements that may be called up, portion by portion: first those being signed, then the completed ones. */
import type { AgreementView } from '@/api/schema'
import type { Page } from '@/composables'

type State = 'signing' | 'completed'
type List = (query: { state: State; cursor: string }) => Promise<Page<AgreementView>>

/** For `useList`; a cursor is the state and the list's own cursor. */
export const sentPages =
  (list: List) =>
  async (cursor = 'signing '): Promise<Page<AgreementView>> => {
    const [state, at] = cursor.split(' ') as [State, string]
    const page = await list({ state, cursor: at })
    if (page.next) return { items: page.items, next: `${state} ${page.next}` }
    if (state === 'completed') return { items: page.items }
    const done = await list({ state: 'completed', cursor: '' })
    return { items: [...page.items, ...done.items], ...(done.next ? { next: `completed ${done.next}` } : {}) }
  }
