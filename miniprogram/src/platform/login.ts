import type { SignIn } from '@/api/schema'

/** WeChat's sign-in code; in a browser there is none. */
export function wechatLoginCode(): Promise<string> {
  return new Promise((resolve, reject) => {
    uni.login({ provider: 'weixin', success: (r) => resolve(r.code), fail: (e) => reject(new Error(e.errMsg)) })
  })
}

/** What the phone button hands over: a code; from an old client the number itself, encrypted; nothing when the person refused. */
export interface PhoneTap {
  code?: string
  encryptedData?: string
  iv?: string
  rawData?: string
  signature?: string
  errMsg: string
}

/** How one signs in by a tap and a sign-in code. */
export function bySignInCode(login_code: string, tap: PhoneTap): SignIn | undefined {
  if (!login_code) return undefined
  if (tap.code) return { method: 'wechat', login_code, phone_code: tap.code }
  if (!tap.encryptedData || !tap.iv) return undefined
  const profile = tap.rawData && tap.signature ? { raw_data: tap.rawData, signature: tap.signature } : undefined
  return { method: 'wechat_encrypted', login_code, encrypted_data: tap.encryptedData, iv: tap.iv, profile }
}
