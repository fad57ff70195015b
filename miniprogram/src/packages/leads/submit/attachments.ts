/** Photos and recordings that go with the lead that is being written: kept on the device, and sent after it, each under
 *  one key until the server has answered. */
import { ref } from 'vue'
import type { LeadView } from '@/api/schema'
import { ApiError } from '@/api/http'
import { newKey } from '@/api/intent'
import { t } from '@/i18n'
import { upload, type ChosenFile } from '@/platform/file'
import { dropFile, keepFile, keptFile } from '@/platform/kept-files'
import { forget, read, write } from '@/platform/storage'

/** As many as the server takes with a lead unless it is set otherwise; it says so itself when it is. */
export const MOST = 6
/** Bytes, as the server has it. */
const LARGEST = 10 * 1024 * 1024

export interface Attached {
  /** Also its Idempotency-Key. */
  id: string
  kind: 'photo' | 'voice'
  name: string
  size: number
  /** It would outlive the page. */
  kept: boolean
  /** Why the server, or this device, does not send it. */
  refused?: string
}

export function useAttachments(place: () => string) {
  const items = ref<Attached[]>(read<Attached[]>(place()) ?? [])
  const tooLarge = ref(false)
  const files = new Map<string, ChosenFile>()
  const keep = () => (items.value.length ? write(place(), items.value) : forget(place()))

  async function add(kind: Attached['kind'], file: ChosenFile) {
    tooLarge.value = file.size > LARGEST
    if (tooLarge.value) return
    const id = newKey()
    const kept = await keepFile(id, file)
    files.set(id, kept ?? file)
    items.value.push({ id, kind, name: file.name, size: file.size, kept: !!kept })
    keep()
  }

  async function remove(id: string) {
    const gone = items.value.find((one) => one.id === id)
    items.value = items.value.filter((one) => one.id !== id)
    files.delete(id)
    keep()
    if (gone) await dropFile(id, gone.name)
  }

  /** Sends all that waits; gives whether nothing is left. Throws when nobody knows whether one arrived. */
  async function sendAll(lead: string): Promise<boolean> {
    for (const one of [...items.value]) {
      const file = files.get(one.id) ?? (await keptFile(one.id, one.name))
      one.refused = file ? undefined : t('leads.attachment_gone')
      if (!file) continue
      try {
        await upload<LeadView>(`/leads/${lead}/attachments`, file, {}, one.id)
        await remove(one.id)
      } catch (e) {
        if (!(e instanceof ApiError) || e.uncertain) throw e
        one.refused = e.detail
      }
    }
    keep()
    return !items.value.length
  }

  return { items, tooLarge, add, remove, sendAll }
}
