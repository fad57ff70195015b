/** The dossier of one to four sites as a PDF, with the state that a button shows. */
import { dossierPath } from '@/api/sites'
import { useWrite } from '@/composables'
import { language } from '@/i18n'
import { showFile } from '@/platform/file'

export function useDossier() {
  const { run, retry, busy, error } = useWrite(async (_key, ids: string[]) => {
    await showFile(dossierPath(ids, language.value), 'dossier.pdf', true)
    return true
  })
  return { printDossier: run, retryDossier: retry, printing: busy, dossierError: error }
}
