/** The lead that is being written, kept on the device; once sent off it keeps one key until the server has answered,
 *  so that bad reception can neither lose it nor register it twice. */
import { reactive, ref, shallowRef, watch } from 'vue'
import type { Industry, LeadView } from '@/api/schema'
import { ApiError } from '@/api/http'
import { newKey } from '@/api/intent'
import { submitLead } from '@/api/leads'
import { me } from '@/api/session'
import { online } from '@/platform/device'
import { forget, read, write } from '@/platform/storage'

export interface LeadForm {
  enterprise_name: string
  credit_code: string
  contact_name: string
  contact_phone: string
  industry: Industry | ''
  intention: string
  /** In whose name, when not one's own. */
  submitted_for: string
}
interface Kept {
  form: LeadForm
  /** Present from the first attempt on. */
  key?: string
}
const EMPTY: LeadForm = { enterprise_name: '', credit_code: '', contact_name: '', contact_phone: '', industry: '', intention: '', submitted_for: '' }

export function useOutbox(sent: (lead: LeadView) => void) {
  /** Each person of a shared device has a draft of their own. */
  const place = () => `lead_draft.${me.value?.person_id ?? ''}`
  const kept = read<Kept>(place())
  const form = reactive<LeadForm>({ ...EMPTY, ...kept?.form })
  const key = ref(kept?.key)
  const busy = ref(false)
  const error = shallowRef<ApiError>()

  const keep = () => write(place(), { form: { ...form }, key: key.value })
  const stop = [watch(form, keep), watch(online, (on) => on && key.value && send())]

  async function send() {
    if (busy.value) return
    busy.value = true
    error.value = undefined
    key.value ??= newKey()
    keep()
    try {
      const body = { ...form, industry: form.industry as Industry, credit_code: form.credit_code || undefined, submitted_for: form.submitted_for.trim() || undefined }
      const { lead } = await submitLead(body, key.value)
      stop.forEach((end) => end())
      forget(place())
      sent(lead)
    } catch (e) {
      const problem = e instanceof ApiError ? e : new ApiError(0, 'unknown', '', '')
      error.value = problem
      if (!problem.uncertain) key.value = undefined
      keep()
    } finally {
      busy.value = false
    }
  }

  return { form, queued: key, busy, error, send }
}
