/** What the device prefers and whether it is connected. */
import { ref } from 'vue'

export function deviceLanguage(): 'zh' | 'en' {
  const language = uni.getAppBaseInfo?.().language ?? 'zh'
  return /^zh/i.test(language) ? 'zh' : 'en'
}

/** WeChat's own font setting; care mode starts at 1.4 times. */
export function prefersLargeType(): boolean {
  let scale = 1
  // #ifdef MP-WEIXIN
  const info = wx.getAppBaseInfo() as { fontSizeScaleFactor?: number; fontSizeSetting?: number }
  scale = info.fontSizeScaleFactor ?? (info.fontSizeSetting ?? 17) / 17
  // #endif
  return scale >= 1.35
}

/** Tells assistive technology and the browser which language the page speaks. */
export function announceLanguage(language: 'zh' | 'en') {
  // #ifdef H5
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
  // #endif
}

/** False while the device says that it has no network. */
export const online = ref(true)

export function watchNetwork() {
  uni.getNetworkType({ success: (r) => (online.value = r.networkType !== 'none') })
  uni.onNetworkStatusChange((r) => (online.value = r.isConnected))
}
