/** WeChat's consent for messages. Only a tap may ask for it; browsers have nothing like it. */
export function askToSubscribe(templateIds: string[]): Promise<string[]> {
  return new Promise((resolve) => {
    // #ifdef MP-WEIXIN
    wx.requestSubscribeMessage({
      // WeChat takes three at a time.
      tmplIds: templateIds.slice(0, 3),
      success: (r) => resolve(templateIds.filter((id) => (r as unknown as Record<string, string>)[id] === 'accept')),
      fail: () => resolve([]),
    })
    // #endif
    // #ifndef MP-WEIXIN
    resolve(templateIds.slice(0, 0))
    // #endif
  })
}
