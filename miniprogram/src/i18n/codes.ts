import { messages } from './messages'

/** Codes to be scanned, and links for messages. */
export default messages({
  zh: {
    mini: '小程序码',
    web: '网页二维码',
    mini_hint: '用微信扫一扫，直接打开小程序',
    web_hint: '用任何扫码工具，在浏览器中打开',
    save: '保存图片',
    saved: '已保存',
    not_saved: '未能保存，请长按图片保存。',
    short: '短链接 · 打开小程序',
    short_hint: '适合短信和微信，{n} 天内有效',
    browser: '网页链接 · 任何浏览器',
    copy_web: '复制网页链接',
  },
  en: {
    mini: 'Mini program',
    web: 'Web page',
    mini_hint: 'Scan with WeChat to open the mini program',
    web_hint: 'Scan with any camera to open it in a browser',
    save: 'Save the picture',
    saved: 'Saved',
    not_saved: 'Not saved. Press and hold the picture to save it.',
    short: 'Short link · opens the mini program',
    short_hint: 'For text messages and WeChat; works for {n} days',
    browser: 'Web link · any browser',
    copy_web: 'Copy the web link',
  },
})
