import type { Plugin } from 'vite'
import data from '@iconify-json/tdesign/icons.json'

const BASE = `.t-icon--image,.t-icon__image{width:100%;height:100%}
.t-icon__image{vertical-align:top}
.t-icon{display:inline-block;line-height:1}
.t-icon-base{display:block;width:1em;height:1em;background-color:currentColor;-webkit-mask-size:100% 100%;mask-size:100% 100%;-webkit-mask-repeat:no-repeat;mask-repeat:no-repeat}
`

/** TDesign's icon.css is 126 KB and pulls its font from a foreign host.
 *  This puts CSS masks in its place, for just the icons that the app and its components use. */
export function tdIcons(names: string[]): Plugin {
  const icons = data.icons as Record<string, { body: string }>
  const rule = (name: string) => {
    const icon = icons[name]
    if (!icon) throw new Error(`TDesign has no icon "${name}"`)
    const body = icon.body.replace(/"/g, "'").replace(/currentColor/g, '#000')
    const svg = `<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'>${body}</svg>`
    const url = `url("data:image/svg+xml,${svg.replace(/[%#<>{}]/g, (c) => encodeURIComponent(c))}")`
    return `.t-icon-${name}{-webkit-mask-image:${url};mask-image:${url}}\n`
  }
  return {
    name: 'td-icons',
    enforce: 'pre',
    load(id) {
      if (/@tdesign[\\/]uniapp[\\/]dist[\\/]icon[\\/]icon\.css/.test(id)) return BASE + names.map(rule).join('')
    },
  }
}
