import { door, http } from '.'
import type { CodeKind, MakePageLink } from './schema'
import { pictureAddress } from '@/platform/file'

/** The mini-program's code of a thing as a picture's address; undefined where there is no mini-program, or while
 *  WeChat draws none: the code for browsers is as good. */
export async function pageCode(kind: CodeKind, id: string): Promise<string | undefined> {
  try {
    const bytes = await door.bytes(`/wechat/codes/${kind}/${encodeURIComponent(id)}`)
    return pictureAddress(bytes, new Uint8Array(bytes)[0] === 0x89 ? 'image/png' : 'image/jpeg')
  } catch {
    return undefined
  }
}
export const makePageLink = (body: MakePageLink) => http.post('/wechat/links', { body })
