/** Files that outlive the page: in a browser's IndexedDB, in WeChat among the program's own. A private window or a
 *  full device takes none; whoever keeps a file is told so. */
import type { ChosenFile } from './file'

// #ifdef H5
function shelf<T>(mode: IDBTransactionMode, act: (files: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('palm', 1)
    opening.onupgradeneeded = () => opening.result.createObjectStore('files')
    opening.onerror = () => reject(opening.error)
    opening.onsuccess = () => {
      const turn = opening.result.transaction('files', mode)
      const asked = act(turn.objectStore('files'))
      turn.oncomplete = () => resolve(asked.result)
      turn.onabort = () => reject(turn.error)
      opening.result.close()
    }
  })
}
// #endif
// #ifdef MP-WEIXIN
const place = (id: string, name: string) => `${wx.env.USER_DATA_PATH}/${id}.${name.split('.').pop()}`
// #endif

/** Gives the file as it is kept under this id, or undefined when the device takes none. */
export async function keepFile(id: string, file: ChosenFile): Promise<ChosenFile | undefined> {
  try {
    // #ifdef H5
    if (!file.blob) return undefined
    await shelf('readwrite', (files) => files.put(file.blob, id))
    return file
    // #endif
    // #ifdef MP-WEIXIN
    const path = place(id, file.name)
    wx.getFileSystemManager().copyFileSync(file.path, path)
    return { ...file, path }
    // #endif
  } catch {
    return undefined
  }
}

export async function keptFile(id: string, name: string): Promise<ChosenFile | undefined> {
  try {
    // #ifdef H5
    const blob: File | undefined = await shelf('readonly', (files) => files.get(id))
    return blob && { path: URL.createObjectURL(blob), name, size: blob.size, blob }
    // #endif
    // #ifdef MP-WEIXIN
    const path = place(id, name)
    const { size } = wx.getFileSystemManager().statSync(path) as WechatMiniprogram.Stats
    return { path, name, size }
    // #endif
  } catch {
    return undefined
  }
}

export async function dropFile(id: string, name: string): Promise<void> {
  try {
    // #ifdef H5
    await shelf('readwrite', (files) => files.delete(id))
    // #endif
    // #ifdef MP-WEIXIN
    wx.getFileSystemManager().unlinkSync(place(id, name))
    // #endif
  } catch {
    // It was never kept.
  }
}
