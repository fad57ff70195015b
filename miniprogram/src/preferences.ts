/** What a person chose for this device besides the language. */
import { ref } from 'vue'
import { prefersLargeType } from '@/platform/device'
import { read, write } from '@/platform/storage'

/** Large type: text at 1.4 times. Follows WeChat's own setting until the person decides here. */
export const largeType = ref(read<boolean>('large_type') ?? prefersLargeType())

export function setLargeType(on: boolean) {
  largeType.value = on
  write('large_type', on)
}
