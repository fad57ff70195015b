import { messages } from './messages'

/** Failures for which the server left no sentence. The last part of the code is the key. */
export default messages({
  zh: {
    timeout: '服务器响应超时，请稍后重试。',
    unreachable: '无法连接服务器，请检查网络后重试。',
    server: '服务暂时不可用，请稍后重试。',
    '401': '登录已失效，请重新登录。',
    '403': '您没有进行此操作的权限。',
    '404': '内容不存在，或已被移除。',
    '409': '内容已被他人更改，请刷新后再试。',
    '413': '文件过大，请压缩后再上传。',
    '422': '填写内容有误，请检查后再提交。',
    '429': '操作过于频繁，请稍后再试。',
    not_shown: '此文件无法在当前设备打开。',
    unknown: '操作未成功，请重试；如仍失败，请联系市商务局。',
  },
  en: {
    timeout: 'The server took too long to answer. Please try again.',
    unreachable: 'Cannot reach the server. Check your connection and try again.',
    server: 'The service is temporarily unavailable. Please try again shortly.',
    '401': 'Your sign-in has expired. Please sign in again.',
    '403': 'You do not have permission to do this.',
    '404': 'This content does not exist or has been removed.',
    '409': 'Someone else changed this. Refresh and try again.',
    '413': 'The file is too large. Please reduce it and upload again.',
    '422': 'Some entries need attention. Please check and submit again.',
    '429': 'Too many attempts. Please try again in a moment.',
    not_shown: 'This file cannot be opened on this device.',
    unknown: 'That did not work. Please try again, or contact the Bureau of Commerce.',
  },
})
