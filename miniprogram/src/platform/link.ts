/** Links to pages of this app: made, copied, shared, and kept in the address bar. */
import { origin } from './target'

export type Params = Record<string, string | number | boolean | undefined | null>

export function query(params: Params): string {
  const pairs = Object.entries(params).filter(([, v]) => v !== undefined && v !== null && v !== '')
  return pairs.map(([k, v]) => `${k}=${encodeURIComponent(String(v))}`).join('&')
}

/** A link that opens the page in any browser. `path` starts with a slash. */
export function webLink(path: string, params: Params = {}): string {
  let base = `${origin}/`
  // #ifdef H5
  base = location.origin + location.pathname
  // #endif
  const search = query(params)
  return `${base}#${path}${search ? `?${search}` : ''}`
}

/** Puts the state of a page into the address bar, so that reload and "copy address" keep it. */
export function keepInAddress(path: string, params: Params) {
  // #ifdef H5
  history.replaceState(history.state, '', webLink(path, params))
  // #endif
}

/** An address pasted over the present one changes only what stands after the #; uni-app would go on showing the old
 *  thing of the same page. Its own steps through the history carry a state, a pasted one has none. */
export function heedPastedAddress() {
  // #ifdef H5
  addEventListener('popstate', (event) => event.state || location.reload())
  // #endif
}

export function copy(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    uni.setClipboardData({ data: text, showToast: false, success: () => resolve(), fail: (e) => reject(new Error(e.errMsg)) })
  })
}

/** Opens an outside page: a new tab in a browser; WeChat may not leave, so the link is copied there. */
export async function openOutside(url: string): Promise<'opened' | 'copied'> {
  // #ifdef H5
  window.open(url, '_blank', 'noopener')
  return 'opened'
  // #endif
  // #ifdef MP-WEIXIN
  await copy(url)
  return 'copied'
  // #endif
}

/** Opens a page of another mini-program; a browser has none, so that the path is copied there. */
export async function openMiniProgram(appId: string, path: string): Promise<'opened' | 'copied'> {
  // #ifdef MP-WEIXIN
  await new Promise<void>((resolve, reject) => {
    wx.navigateToMiniProgram({ appId, path, success: () => resolve(), fail: (e) => reject(new Error(e.errMsg)) })
  })
  return 'opened'
  // #endif
  // #ifdef H5
  await copy(`${appId} ${path}`)
  return 'copied'
  // #endif
}

/** Starts a telephone call. */
export function dial(number: string) {
  uni.makePhoneCall({ phoneNumber: number, fail: () => undefined })
}
