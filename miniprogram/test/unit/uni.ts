/** Enough of uni-app for modules that read the device when they load; set up before every test file. */
import { vi } from 'vitest'

const kept = new Map<string, unknown>()
vi.stubGlobal('uni', {
  getStorageSync: (k: string) => kept.get(k) ?? '',
  setStorageSync: (k: string, v: unknown) => kept.set(k, v),
  removeStorageSync: (k: string) => kept.delete(k),
  getAppBaseInfo: () => ({ language: 'zh_CN' }),
  request: () => undefined,
})
vi.stubGlobal('document', { documentElement: {}, createElement: () => ({}) })
