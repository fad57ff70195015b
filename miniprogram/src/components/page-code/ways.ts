/** The two codes of a page, the one that helps more in this build first. */
import { t } from '@/i18n'
import { inWeChat } from '@/platform/target'

export const firstWay: string = inWeChat ? 'mini' : 'web'

export function ways() {
  const all = [{ value: 'mini', label: t('codes.mini') }, { value: 'web', label: t('codes.web') }]
  return inWeChat ? all : all.reverse()
}
