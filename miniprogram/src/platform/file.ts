/** Files: choose one on the device, send it, fetch one, show it. */
import { origin } from './target'
import { door } from '@/api'
import { ApiError, WireFailure } from '@/api/http'

export interface ChosenFile {
  /** What uploadFile takes: a blob address in a browser, a temporary path in WeChat. */
  path: string
  name: string
  size: number
  /** Only in a browser. */
  blob?: File
}

/** Opens the device's file chooser; undefined when the person cancels. `extension` such as ['.pdf']. */
export function chooseFile(extension?: string[]): Promise<ChosenFile | undefined> {
  return new Promise((resolve) => {
    // #ifdef H5
    uni.chooseFile({
      count: 1,
      ...(extension ? { extension } : {}),
      success: (r) => {
        const file = (r.tempFiles as File[])[0]
        resolve({ path: (r.tempFilePaths as string[])[0], name: file.name, size: file.size, blob: file })
      },
      fail: () => resolve(undefined),
    })
    // #endif
    // #ifdef MP-WEIXIN
    wx.chooseMessageFile({
      count: 1,
      type: 'file',
      ...(extension ? { extension: extension.map((e) => e.replace('.', '')) } : {}),
      success: (r) => resolve({ path: r.tempFiles[0].path, name: r.tempFiles[0].name, size: r.tempFiles[0].size }),
      fail: () => resolve(undefined),
    })
    // #endif
  })
}

/** Opens the album or camera; undefined when the person cancels. */
export function chooseImage(): Promise<ChosenFile | undefined> {
  return new Promise((resolve) => {
    uni.chooseImage({
      count: 1,
      success: (r) => {
        const file = (r.tempFiles as { path?: string; size: number; name?: string }[])[0]
        const path = (r.tempFilePaths as string[])[0]
        const chosen: ChosenFile = { path, size: file.size, name: file.name ?? path.split('/').pop() ?? 'image' }
        // #ifdef H5
        chosen.blob = (r.tempFiles as File[])[0]
        // #endif
        resolve(chosen)
      },
      fail: () => resolve(undefined),
    })
  })
}

export async function bytesOf(file: ChosenFile): Promise<ArrayBuffer> {
  // #ifdef H5
  return file.blob ? file.blob.arrayBuffer() : (await fetch(file.path)).arrayBuffer()
  // #endif
  // #ifdef MP-WEIXIN
  return wx.getFileSystemManager().readFileSync(file.path) as ArrayBuffer
  // #endif
}

/** Sends a file as multipart/form-data. `key` is the intent's Idempotency-Key. */
export async function upload<T>(path: string, file: ChosenFile, formData: Record<string, string>, key: string): Promise<T> {
  const answer = await door.authorized((header) =>
    new Promise<{ statusCode: number; data: unknown }>((resolve, reject) => {
      uni.uploadFile({
        url: `${origin}/api/v1${path}`,
        filePath: file.path,
        ...(file.blob ? { file: file.blob } : {}),
        name: 'file',
        formData,
        header: { ...header, 'Idempotency-Key': key },
        success: (r) => resolve({ statusCode: r.statusCode, data: parse(r.data) }),
        fail: (e) => reject(new WireFailure(/timeout/i.test(e.errMsg) ? 'timeout' : 'unreachable', e.errMsg)),
      })
    }),
  )
  return answer.data as T
}

/** Fetches a file with the caller's rights and shows it: a new tab or a saved file in a browser, WeChat's viewer in WeChat. */
export async function showFile(path: string, name: string, saved = false, header: Record<string, string> = {}): Promise<void> {
  const bytes = await door.bytes(path, header)
  // #ifdef H5
  const type = name.endsWith('.pdf') ? 'application/pdf' : 'application/octet-stream'
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([bytes], { type }))
  if (saved || type !== 'application/pdf') link.download = name
  else link.target = '_blank'
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
  // #endif
  // #ifdef MP-WEIXIN
  const place = `${wx.env.USER_DATA_PATH}/${name.replace(/[^\w.-]/g, '_')}`
  wx.getFileSystemManager().writeFileSync(place, bytes)
  await new Promise<void>((resolve, reject) => {
    uni.openDocument({
      filePath: place,
      showMenu: true,
      success: () => resolve(),
      fail: () => reject(new ApiError(0, 'file.not_shown', '', '')),
    })
  })
  // #endif
}

/** An address that an <image> can show for these bytes. */
export function pictureAddress(bytes: ArrayBuffer, type = 'image/png'): string {
  return `data:${type};base64,${uni.arrayBufferToBase64(bytes)}`
}

/** An address that a <video> can show for these bytes, as long as the app runs. */
export function filmAddress(bytes: ArrayBuffer, name: string): string {
  // #ifdef H5
  return URL.createObjectURL(new Blob([bytes], { type: 'video/mp4' }))
  // #endif
  // #ifdef MP-WEIXIN
  const place = `${wx.env.USER_DATA_PATH}/${name}.mp4`
  wx.getFileSystemManager().writeFileSync(place, bytes)
  return place
  // #endif
}

function parse(text: unknown): unknown {
  try {
    return typeof text === 'string' ? JSON.parse(text) : text
  } catch {
    return undefined
  }
}
