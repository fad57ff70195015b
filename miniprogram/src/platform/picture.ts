/** A picture as a canvas draws it. */
export function drawable(canvas: any, address: string): Promise<CanvasImageSource> {
  return new Promise((resolve, reject) => {
    let image: any
    // #ifdef H5
    image = new Image()
    // #endif
    // #ifdef MP-WEIXIN
    image = canvas.createImage()
    // #endif
    image.onload = () => resolve(image)
    image.onerror = () => reject(new Error('the picture cannot be drawn'))
    image.src = address
  })
}

/** Saves a picture that was drawn here: to the album in WeChat, as a file in a browser. */
export async function savePicture(dataUrl: string, name: string): Promise<boolean> {
  // #ifdef H5
  const link = document.createElement('a')
  link.href = dataUrl
  link.download = name
  link.click()
  return true
  // #endif
  // #ifdef MP-WEIXIN
  const place = `${wx.env.USER_DATA_PATH}/${name}`
  wx.getFileSystemManager().writeFileSync(place, dataUrl.slice(dataUrl.indexOf(',') + 1), 'base64')
  return new Promise((resolve) => uni.saveImageToPhotosAlbum({ filePath: place, success: () => resolve(true), fail: () => resolve(false) }))
  // #endif
}
