/** What a policy asks and gives, in words. */
import type { BenefitFigure, PolicyCondition, UnitView } from '@/api/schema'
import { pick, t } from '@/i18n'
import { formatMoney, formatNumber } from '@/i18n/format'
import { term } from '@/i18n/terms'

type Asked = Pick<PolicyCondition, 'aspect'> & { any_of?: string[]; at_least_fen?: number | null }
const enums: Partial<Record<PolicyCondition['aspect'], string>> = { industry: 'Industry', size: 'EnterpriseScale', origin: 'CapitalOrigin' }

/** The answers that meet a condition. */
export function wanted(c: Asked, units: UnitView[]): string {
  if (c.aspect === 'investment') return t('match.at_least', { amount: formatMoney(c.at_least_fen) })
  const named = enums[c.aspect]
  const word = (value: string) => (named ? term(named, value) : pick(units.find((u) => u.id === value), 'name') || value)
  return (c.any_of ?? []).map(word).join(t('common.comma'))
}

/** How a figure comes about. */
export function reckoning(b: Pick<BenefitFigure, 'tier' | 'cap_fen' | 'amount_fen'>): string {
  if (!b.tier) return t('match.below_tiers')
  const parts = [
    b.tier.fixed_fen ? t('match.fixed', { amount: formatMoney(b.tier.fixed_fen) }) : '',
    b.tier.share_hundredths_percent ? t('match.share', { percent: formatNumber(b.tier.share_hundredths_percent / 100, 2) }) : '',
    b.cap_fen === null || b.cap_fen === undefined ? '' : t(b.amount_fen === b.cap_fen ? 'match.capped' : 'match.cap', { amount: formatMoney(b.cap_fen) }),
  ]
  return parts.filter(Boolean).join(t('match.and'))
}
