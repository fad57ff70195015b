import type { Plugin } from 'vite'

/** Drops the remote pictures that uni-app's H5 style sheets point at.
 *  It runs on the finished bundle, because uni-app adds them in a transform. */
export function noRemoteCss(): Plugin {
  return {
    name: 'no-remote-css',
    enforce: 'post',
    generateBundle(_options, bundle) {
      for (const f of Object.values(bundle)) {
        if (f.type === 'asset' && f.fileName.endsWith('.css')) {
          f.source = String(f.source).replace(/url\((['"]?)https?:\/\/[^)]*\)/g, 'none')
        }
      }
    },
  }
}
