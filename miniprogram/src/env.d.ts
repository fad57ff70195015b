/// <reference types="vite/client" />
declare module '*.vue' {
  import { DefineComponent } from 'vue'
  const component: DefineComponent<{}, {}, any>
  export default component
}
declare const process: { env: { NODE_ENV: 'development' | 'production'; UNI_PLATFORM: 'h5' | 'mp-weixin' } }
interface ImportMetaEnv {
  /** Where the mini-program finds the server; the browser build asks its own origin. */
  readonly VITE_API_ORIGIN: string
}
