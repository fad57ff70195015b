/** Secrets of this device. */

/** 256 random bits in base 64 (URL), 43 characters. */
export async function newSecret(): Promise<string> {
  const bytes = await randomBytes(32)
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  let text = ''
  for (let n = 0; n < 43; n++) {
    const bit = n * 6
    const pair = (bytes[bit >> 3] << 8) | (bytes[(bit >> 3) + 1] ?? 0)
    text += digits[(pair >> (10 - (bit & 7))) & 63]
  }
  return text
}

function randomBytes(length: number): Promise<Uint8Array> {
  // #ifdef H5
  return Promise.resolve(crypto.getRandomValues(new Uint8Array(length)))
  // #endif
  // #ifdef MP-WEIXIN
  return new Promise((resolve, reject) => {
    wx.getRandomValues({
      length,
      success: (got: { randomValues: ArrayBuffer }) => resolve(new Uint8Array(got.randomValues)),
      fail: () => reject(new Error('no randomness')),
    })
  })
  // #endif
}
