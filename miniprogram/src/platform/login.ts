/** WeChat's sign-in code; in a browser there is none. */
export function wechatLoginCode(): Promise<string> {
  return new Promise((resolve, reject) => {
    uni.login({ provider: 'weixin', success: (r) => resolve(r.code), fail: (e) => reject(new Error(e.errMsg)) })
  })
}
