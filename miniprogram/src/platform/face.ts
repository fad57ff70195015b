/** WeChat's real-person check (base library 3.8.12). What it says here proves nothing: the server asks WeChat for the result. */
export function canCheckFace(): boolean {
  // #ifdef MP-WEIXIN
  return wx.canIUse('requestFacialVerify')
  // #endif
  // #ifndef MP-WEIXIN
  return false
  // #endif
}

/** Ends when the person comes back, however it went. */
export function checkFace(verifyId: string): Promise<void> {
  return new Promise((resolve) => {
    // #ifdef MP-WEIXIN
    wx.requestFacialVerify({ verifyId, complete: () => resolve() })
    // #endif
    // #ifndef MP-WEIXIN
    resolve(void verifyId)
    // #endif
  })
}
