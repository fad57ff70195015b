/** One HTTP exchange, whatever the platform; an answer with any status is a success here. */
import type { Wire } from '@/api/http'
import { WireFailure } from '@/api/http'

export const wire: Wire = ({ url, method, data, header, timeout, binary }) =>
  new Promise((resolve, reject) => {
    uni.request({
      url,
      method: method as UniApp.RequestOptions['method'],
      data: data as UniApp.RequestOptions['data'],
      header,
      timeout,
      responseType: binary ? 'arraybuffer' : 'text',
      success: (r) => resolve({ statusCode: r.statusCode, data: r.data, header: lowerCase(r.header) }),
      fail: (e) => reject(new WireFailure(/timeout/i.test(e.errMsg) ? 'timeout' : 'unreachable', e.errMsg)),
    })
  })

function lowerCase(header: Record<string, string> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(header).map(([name, value]) => [name.toLowerCase(), String(value)]))
}
