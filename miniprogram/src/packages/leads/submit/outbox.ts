/** The lead that is being written; what is attached follows it. */
import { ref } from 'vue'
import type { Industry } from '@/api/schema'
import { submitLead } from '@/api/leads'
import { me } from '@/api/session'
import { forget, read, write } from '@/platform/storage'
import { useOutbox } from '../parts/outbox'
import { useAttachments } from './attachments'

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
const EMPTY: LeadForm = { enterprise_name: '', credit_code: '', contact_name: '', contact_phone: '', industry: '', intention: '', submitted_for: '' }

export function useLeadOutbox(sent: (lead: string) => void) {
  /** Each person of a shared device has a draft of their own. */
  const place = () => `lead_draft.${me.value?.person_id ?? ''}`
  const placeOfLead = () => `${place()}.lead`
  /** Once the lead is there: what is attached may still wait. */
  const registered = ref(read<string>(placeOfLead()))
  const attachments = useAttachments(() => `lead_files.${me.value?.person_id ?? ''}`)

  async function deliver(form: LeadForm, key: string) {
    if (!registered.value) {
      const body = { ...form, industry: form.industry as Industry, credit_code: form.credit_code || undefined, submitted_for: form.submitted_for.trim() || undefined }
      registered.value = (await submitLead(body, key)).lead.id
      write(placeOfLead(), registered.value)
    }
    return attachments.sendAll(registered.value)
  }
  function delivered() {
    forget(placeOfLead())
    sent(registered.value!)
  }
  const refused = () => attachments.items.value.some((one) => one.refused)
  const outbox = useOutbox(place, EMPTY, deliver, delivered, refused)

  /** The last that the server refused is taken away: the lead is there. */
  async function removeAttachment(id: string) {
    await attachments.remove(id)
    if (registered.value && !attachments.items.value.length) outbox.finish()
  }

  return { ...outbox, registered, attachments, removeAttachment }
}
