/** The lead that is being written, kept on the device; once sent off it keeps one key until the server has answered,
 *  so that bad reception can neither lose it nor register it twice. What is attached follows it. */
import { reactive, ref, shallowRef, watch } from 'vue'
import type { Industry } from '@/api/schema'
import { ApiError } from '@/api/http'
import { newKey } from '@/api/intent'
import { submitLead } from '@/api/leads'
import { me } from '@/api/session'
import { online } from '@/platform/device'
import { forget, read, write } from '@/platform/storage'
import { useAttachments } from './attachments'

export interface LeadForm {
  enterprise_name: string
  credit_code: string
  contact_name: string
  contact_phone: string
  industry: Industry | ''
  intention: string
}
interface Kept {
  form: LeadForm
  /** Present from the first attempt on. */
  key?: string
  /** Once it is registered: what is attached may still wait. */
  lead?: string
}
const EMPTY: LeadForm = { enterprise_name: '', credit_code: '', contact_name: '', contact_phone: '', industry: '', intention: '' }

export function useOutbox(sent: (lead: string) => void) {
  /** Each person of a shared device has a draft of their own. */
  const place = () => `lead_draft.${me.value?.person_id ?? ''}`
  const kept = read<Kept>(place())
  const form = reactive<LeadForm>({ ...EMPTY, ...kept?.form })
  const key = ref(kept?.key)
  const lead = ref(kept?.lead)
  const attachments = useAttachments(`lead_files.${me.value?.person_id ?? ''}`)
  const busy = ref(false)
  const error = shallowRef<ApiError>()

  const keep = () => write(place(), { form: { ...form }, key: key.value, lead: lead.value })
  const stop = [watch(form, keep), watch(online, (on) => on && key.value && send())]

  async function send() {
    if (busy.value) return
    busy.value = true
    error.value = undefined
    key.value ??= newKey()
    keep()
    try {
      const body = { ...form, industry: form.industry as Industry, credit_code: form.credit_code || undefined }
      lead.value ??= (await submitLead(body, key.value)).lead.id
      keep()
      if (await attachments.sendAll(lead.value)) finish(lead.value)
    } catch (e) {
      const problem = e instanceof ApiError ? e : new ApiError(0, 'unknown', '', '')
      error.value = problem
      if (!problem.uncertain && !lead.value) key.value = undefined
      keep()
    } finally {
      busy.value = false
    }
  }

  function finish(id: string) {
    stop.forEach((end) => end())
    forget(place())
    sent(id)
  }

  /** The last that the server refused is taken away: the lead is there. */
  async function removeAttachment(id: string) {
    await attachments.remove(id)
    if (lead.value && !attachments.items.value.length) finish(lead.value)
  }

  return { form, queued: key, registered: lead, busy, error, send, attachments, removeAttachment }
}
