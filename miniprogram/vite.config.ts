import path from 'node:path'
import { defineConfig } from 'vite'
import uni from '@dcloudio/vite-plugin-uni'
import { ariaRole } from './build/aria-role'
import { icons } from './build/icons'
import { noBeacon } from './build/no-beacon'
import { noRemoteCss } from './build/no-remote-css'
import { tdIcons } from './build/td-icons'

export default defineConfig({
  resolve: { alias: { '@': path.resolve(__dirname, 'src') } },
  plugins: [
    tdIcons(icons),
    noRemoteCss(),
    noBeacon(),
    uni({ vueOptions: { template: { compilerOptions: { nodeTransforms: [ariaRole] } } } } as any),
  ],
  build: { target: 'es2018' },
  server: { host: '127.0.0.1', proxy: { '/api': { target: 'http://127.0.0.1:8080', ws: true } } },
})
