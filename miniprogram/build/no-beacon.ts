import type { Plugin } from 'vite'

/** uni-app's WeChat runtime calls wx.preloadAssets three seconds after start, fetching a counting image from
 *  its maker's CDN with the app id in the path. This app speaks to no host that the city does not run:
 *  the call is cut out, and the build stops when a new uni-app has moved it. */
export function noBeacon(): Plugin {
  let cut = 0
  return {
    name: 'no-beacon',
    enforce: 'pre',
    transform(code, id) {
      if (!/@dcloudio[\\/]uni-mp-weixin[\\/]dist[\\/]uni\.mp\.esm\.js/.test(id)) return
      const clean = code.replace(/isFunction\(wx\.preloadAssets\)/g, () => {
        cut++
        return 'false'
      })
      return { code: clean, map: null }
    },
    generateBundle(_options, bundle) {
      if (process.env.UNI_PLATFORM !== 'mp-weixin') return
      const left = Object.values(bundle).filter((f) => f.type === 'chunk' && /preloadAssets|99,\s*100,\s*110/.test(f.code))
      if (!cut || left.length) this.error(`beacon cut ${cut} times, still in [${left.map((f) => f.fileName).join()}]`)
    },
  }
}
