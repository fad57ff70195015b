/** Which of the two builds this is; a plain value, so that templates can ask it. */
export const inWeChat = process.env.UNI_PLATFORM === 'mp-weixin'

/** The server's origin: the page's own in a browser, a configured one in WeChat. */
export const origin = inWeChat ? import.meta.env.VITE_API_ORIGIN : ''
