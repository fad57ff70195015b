/** Reads a QR code with the camera: WeChat's own scanner, or the browser's where it has one. */

/** Whether this device can; elsewhere the code is typed or pasted. */
export function canScan(): boolean {
  let able = true
  // #ifdef H5
  able = 'BarcodeDetector' in window && !!navigator.mediaDevices
  // #endif
  return able
}

/** The text of the code; undefined when the person gives up or the camera may not be used. */
export async function scan(close: string): Promise<string | undefined> {
  // #ifdef MP-WEIXIN
  return new Promise((resolve) => {
    uni.scanCode({ onlyFromCamera: true, scanType: ['qrCode'], success: (r) => resolve(r.result), fail: () => resolve(undefined) })
  })
  // #endif
  // #ifdef H5
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } }).catch(() => undefined)
  if (!stream) return undefined
  const detector = new (window as any).BarcodeDetector({ formats: ['qr_code'] })
  const cover = document.createElement('div')
  cover.style.cssText = 'position:fixed;inset:0;z-index:2000;background:#000;display:flex;flex-direction:column'
  const video = Object.assign(document.createElement('video'), { srcObject: stream, muted: true, playsInline: true })
  video.style.cssText = 'flex:1;min-height:0;object-fit:cover'
  const button = Object.assign(document.createElement('button'), { textContent: close })
  button.style.cssText = 'min-height:64px;border:0;background:#fff;color:#17212e;font-size:18px'
  cover.append(video, button)
  document.body.append(cover)
  let over = false
  button.onclick = () => (over = true)
  try {
    await video.play()
    while (!over) {
      const [code] = await detector.detect(video).catch(() => [])
      if (code) return code.rawValue as string
      await new Promise((next) => setTimeout(next, 150))
    }
  } finally {
    stream!.getTracks().forEach((track) => track.stop())
    cover.remove()
  }
  return undefined
  // #endif
}
