/** Names of responsible units in the language of the moment. */
import { shallowRef } from 'vue'
import { listUnits } from '@/api/units'
import type { UnitView } from '@/api/schema'
import { pick } from '.'

const units = shallowRef<UnitView[]>()
let asked = false

/** The full name of a thing's unit; until the list of units is here, what the server said along with the thing. */
export function unitName(of?: { unit_id?: string | null; unit_name?: string | null }): string {
  if (!asked) {
    asked = true
    listUnits().then((all) => (units.value = all), () => (asked = false))
  }
  const unit = units.value?.find((one) => one.id === of?.unit_id)
  return unit ? pick(unit, 'name') : (of?.unit_name ?? '')
}
