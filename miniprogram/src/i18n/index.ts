/** The two languages of the screens. `t('room.key')`; one file of sentences per room beside this one. */
import { ref } from 'vue'
import { ApiError } from '@/api/http'
import { announceLanguage, deviceLanguage } from '@/platform/device'
import { read, write } from '@/platform/storage'
import admin from './admin'
import auth from './auth'
import chains from './chains'
import codes from './codes'
import common from './common'
import contacts from './contacts'
import content from './content'
import editing from './editing'
import enterprises from './enterprises'
import gatherings from './gatherings'
import home from './home'
import institutions from './institutions'
import leads from './leads'
import map from './map'
import match from './match'
import mine from './mine'
import minutes from './minutes'
import network from './network'
import notifications from './notifications'
import offers from './offers'
import pages from './pages'
import personal from './personal'
import projects from './projects'
import seals from './seals'
import search from './search'
import signings from './signings'
import sites from './sites'
import talks from './talks'
import templates from './templates'
import views from './views'
import workbooks from './workbooks'

const rooms = { admin, auth, chains, codes, common, contacts, content, editing, enterprises, gatherings, home, institutions, leads, map, match, mine, minutes, network, notifications, offers, pages, personal, projects, seals, search, signings, sites, talks, templates, views, workbooks }
type Rooms = typeof rooms

export type Language = 'zh' | 'en'
export type MessageKey = { [R in keyof Rooms]: `${R}.${keyof Rooms[R]['zh'] & string}` }[keyof Rooms]

export const language = ref<Language>(read<Language>('language') ?? deviceLanguage())
announceLanguage(language.value)

export function setLanguage(to: Language) {
  language.value = to
  write('language', to)
  announceLanguage(to)
}

export function t(key: MessageKey, params: Record<string, string | number> = {}): string {
  const [room, name] = key.split('.') as [keyof Rooms, string]
  const sentence = (rooms[room]?.[language.value] as Record<string, string> | undefined)?.[name] ?? key
  return sentence.replace(/\{(\w+)\}/g, (_, p) => String(params[p] ?? ''))
}

/** Texts that the server has in Chinese (`name`) and perhaps in English (`name_en`). */
export function pick(from: object | null | undefined, field: string): string {
  const texts = (from ?? {}) as Record<string, string | null | undefined>
  return (language.value === 'en' && texts[`${field}_en`]) || texts[field] || ''
}

/** True when the English screen has to show this text in Chinese. */
export function untranslated(from: object | null | undefined, field: string): boolean {
  const texts = (from ?? {}) as Record<string, unknown>
  return language.value === 'en' && !!texts[field] && !texts[`${field}_en`]
}

export function useI18n() {
  return { t, pick, untranslated, language, setLanguage }
}

ApiError.language = () => language.value
ApiError.sentence = (code) => {
  const name = code.startsWith('network.') || code.startsWith('status.') ? code.slice(code.indexOf('.') + 1) : ''
  return t((name in network.zh ? `network.${name}` : 'network.unknown') as MessageKey)
}
