/** Labels of the API's enums, from openapi/terms.json: bundled when present at build time, else asked once. */
import { ref } from 'vue'
import type { Terms } from '@/api/terms'
import { fetchTerms } from '@/api/terms'
import { read, write } from '@/platform/storage'
import { language } from '.'

const bundled = Object.values(import.meta.glob<Terms>('../../../openapi/terms.json', { eager: true, import: 'default' }))[0]
const terms = ref<Terms>(bundled ?? read<Terms>('terms') ?? {})

/** Call once at start. A failure is harmless: values are then shown as they are. */
export async function loadTerms() {
  if (bundled) return
  try {
    terms.value = await fetchTerms()
    write('terms', terms.value)
  } catch {
    // The bundled or stored labels stay.
  }
}

/** The label of an enum's value in the language of the moment: term('Industry', 'bamboo'). */
export function term(name: string, value?: string | null): string {
  if (!value) return ''
  const label = terms.value[name]?.[value]
  return label ? label[language.value] : value.replace(/_/g, ' ')
}

/** All values of an enum with their labels, in the order of terms.json; for pickers and filters. */
export function termOptions(name: string): { value: string; label: string }[] {
  return Object.keys(terms.value[name] ?? {}).map((value) => ({ value, label: term(name, value) }))
}
