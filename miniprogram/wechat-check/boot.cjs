// Boots every page of a WeChat build in an empty machine: no window, no document, only a stand-in wx whose methods
// are those of WeChat's own typings. The data a page sets is poured into WeChat's own compiled template.
//   node boot.cjs <dist> [page …]        last line: "N passed, N failed"
// Answers come from canned.json, or from a real server:
//   PALM_BACKEND=http://127.0.0.1:8080   where wx.request is sent instead of the configured origin
//   PALM_SESSION='{"access_token":…}'    Tokens of the API, for the pages behind the sign-in
//   PALM_QUERIES='{"packages/map/site/index":{"id":"…"}}'
const fs = require('fs')
const path = require('path')
const vm = require('vm')
const { execFileSync } = require('child_process')
const canned = require('./canned.json')
const names = require('./wxapi.json')

const root = path.resolve(process.argv[2])
const app = JSON.parse(fs.readFileSync(path.join(root, 'app.json'), 'utf8'))
const allPages = [...app.pages, ...(app.subPackages ?? app.subpackages ?? []).flatMap((s) => s.pages.map((p) => `${s.root}/${p}`))]
const wanted = process.argv.slice(3)
const backend = process.env.PALM_BACKEND
const session = process.env.PALM_SESSION ? JSON.parse(process.env.PALM_SESSION) : backend ? undefined : canned.session
const queries = { ...canned.queries, ...JSON.parse(process.env.PALM_QUERIES ?? '{}') }

const device = {
  platform: 'android', SDKVersion: '3.5.0', pixelRatio: 2, windowWidth: 390, windowHeight: 844, screenWidth: 390, screenHeight: 844,
  language: 'zh_CN', statusBarHeight: 44, safeArea: { top: 44, bottom: 810, left: 0, right: 390 },
  brand: 'x', model: 'x', system: 'x', version: '8.0.50', fontSizeScaleFactor: 1, host: {},
}

/** Both ways of WeChat's API: callbacks when given, else a promise. */
function done(options, result) {
  const later = Promise.resolve().then(() => {
    options?.success?.(result)
    options?.complete?.(result)
    return result
  })
  const withCallbacks = options && (options.success || options.complete || options.fail)
  return withCallbacks ? { abort() {}, onHeadersReceived() {}, offHeadersReceived() {} } : later
}

function answerFromFile(method, url) {
  const place = url.replace(/^https?:\/\/[^/]+/, '')
  const hit = canned.answers.find((a) => a.method === method && new RegExp(a.url).test(place))
  if (hit) return { statusCode: hit.status ?? 200, data: hit.body }
  const missing = { type: 'about:blank', title: 'not canned', status: 404, code: 'request.not_found', detail: 'not canned', detail_en: 'not canned', errors: [] }
  return { statusCode: 404, data: missing }
}

async function answerFromServer(o) {
  const target = o.url.replace(/^https?:\/\/[^/]+/, backend)
  const body = o.data === undefined ? undefined : o.data instanceof ArrayBuffer ? Buffer.from(o.data) : JSON.stringify(o.data)
  const r = await fetch(target, { method: o.method, headers: o.header, body })
  const bytes = Buffer.from(await r.arrayBuffer())
  let data = bytes.toString('utf8')
  if (o.responseType === 'arraybuffer') data = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)
  else if (/json/.test(r.headers.get('content-type') ?? '')) data = JSON.parse(data)
  return { statusCode: r.status, data, header: Object.fromEntries(r.headers) }
}

function standInWx(page, query, calls) {
  const storage = session ? { 'palm.tokens': session } : {}
  const chain = {}
  for (const step of ['in', 'select', 'selectAll', 'selectViewport', 'boundingClientRect', 'fields', 'node', 'scrollOffset', 'context']) chain[step] = () => chain
  chain.exec = (f) => f?.([])
  const launch = () => ({ path: page, query, scene: 1001 })
  const known = {
    canIUse: () => true,
    getSystemInfoSync: () => device, getWindowInfo: () => device, getAppBaseInfo: () => device, getDeviceInfo: () => device,
    getSystemSetting: () => device, getAppAuthorizeSetting: () => device,
    getLaunchOptionsSync: launch, getEnterOptionsSync: launch,
    getStorageSync: (k) => storage[k] ?? '', setStorageSync: (k, v) => { storage[k] = v }, removeStorageSync: (k) => { delete storage[k] },
    getMenuButtonBoundingClientRect: () => ({ top: 48, bottom: 80, left: 280, right: 380, width: 100, height: 32 }),
    createSelectorQuery: () => chain,
    createIntersectionObserver: () => ({ relativeToViewport() { return this }, observe() {}, disconnect() {} }),
    createMapContext: () => new Proxy({}, { get: () => () => undefined }),
    getAccountInfoSync: () => ({ miniProgram: { envVersion: 'release' } }),
    getNetworkType: (o) => done(o, { networkType: 'wifi', errMsg: 'getNetworkType:ok' }),
    login: (o) => done(o, { code: 'abc', errMsg: 'login:ok' }),
    connectSocket: (o) => {
      calls.push('socket ' + o.url)
      return { onOpen: (f) => setTimeout(f, 5), onMessage() {}, onClose() {}, onError() {}, send() {}, close() {} }
    },
    request: (o) => {
      const method = o.method ?? 'GET'
      const place = o.url.replace(/^https?:\/\/[^/]+/, '')
      const answer = backend ? answerFromServer({ ...o, method }) : Promise.resolve(answerFromFile(method, o.url))
      answer.then(
        (r) => { calls.push(`${method} ${place} ${r.statusCode}`); o.success?.({ header: {}, errMsg: 'request:ok', ...r }) },
        (e) => { calls.push(`${method} ${place} ${e.message}`); o.fail?.({ errMsg: 'request:fail ' + e.message }) },
      )
      return { abort() {}, onHeadersReceived() {}, offHeadersReceived() {} }
    },
  }
  const wx = { env: { USER_DATA_PATH: 'wxfile://usr' } }
  for (const name of names) {
    wx[name] = known[name] ?? ((o) => (/^(on|off)[A-Z]/.test(name) ? undefined : /Sync$/.test(name) ? '' : done(o, { errMsg: name + ':ok' })))
  }
  return wx
}

/** The templates, compiled once. */
function compileTemplates() {
  const list = fs.readdirSync(root, { recursive: true }).filter((f) => /\.(wxml|wxs)$/.test(f))
  const wcc = path.join(__dirname, 'node_modules/miniprogram-compiler/bin/linux/wcc')
  fs.chmodSync(wcc, 0o755)
  const code = execFileSync(wcc, ['-d', ...list], { cwd: root, maxBuffer: 1 << 28 }).toString()
  const holder = {}
  new Function('global', 'window', '__wxAppCode__', '__WXML_GLOBAL__', code + '\n;global.$gwx=$gwx')(holder, { __webview_engine_version__: 0.02 }, {}, undefined)
  return holder.$gwx
}

/** WeChat's setData: keys may be paths such as "a[0].b". */
function setData(data, changes) {
  for (const key in changes) {
    const steps = key.replace(/\[(\d+)\]/g, '.$1').split('.')
    let at = data
    for (let i = 0; i < steps.length - 1; i++) at = at[steps[i]] ??= /^\d+$/.test(steps[i + 1]) ? [] : {}
    at[steps.at(-1)] = changes[key]
  }
}

async function boot(page) {
  const query = queries[page] ?? {}
  const calls = []
  const errors = []
  const note = (e) => errors.push(String(e?.stack ?? e).split('\n').slice(0, 4).join(' | ').slice(0, 500))
  let appOptions
  let registered
  const open = []
  const quiet = { log() {}, info() {}, debug() {}, warn() {}, error: (...a) => a.some((x) => x instanceof Error || x?.stack) && note(a.find((x) => x?.stack)) }
  const sandbox = {
    wx: standInWx(page, query, calls), console: quiet, setTimeout, clearTimeout, setInterval, clearInterval, __wxConfig: {},
    App: (o) => { appOptions = o }, getApp: () => appOptions, getCurrentPages: () => open, Behavior: (o) => o, requirePlugin() {},
    Page: (o) => { registered = { methods: o, data: o.data } },
    Component: (o) => { registered = o; return 'c' },
  }
  const context = vm.createContext(sandbox)
  vm.runInContext('globalThis.global = globalThis', context)

  const cache = {}
  const requireFrom = (from) => (id) => {
    let file = id.startsWith('/') ? path.join(root, id) : path.resolve(path.dirname(from), id)
    if (!fs.existsSync(file)) file += '.js'
    if (cache[file]) return cache[file].exports
    const module = (cache[file] = { exports: {} })
    const run = vm.runInContext(`(function(require,module,exports){${fs.readFileSync(file, 'utf8')}\n})`, context, { filename: path.relative(root, file) })
    run(requireFrom(file), module, module.exports)
    return module.exports
  }
  const load = (name) => { registered = undefined; requireFrom(path.join(root, 'x.js'))(`./${name}.js`); return registered }
  const onReject = (e) => note(e)
  process.on('unhandledRejection', onReject)
  try {
    load('app')
    if (!appOptions) throw new Error('App() was not called')
    appOptions.onLaunch?.call(appOptions, { path: page, query, scene: 1001 })
    appOptions.onShow?.call(appOptions, { path: page, query, scene: 1001 })
    const options = load(page)
    if (!options) throw new Error('the page did not register')
    const instance = {
      ...options.methods,
      data: JSON.parse(JSON.stringify(options.data ?? {})),
      properties: {}, is: page, route: page, options: query, __wxWebviewId__: 1, __wxExparserNodeId__: 'n1', dataset: {}, id: '',
      setData(changes, then) { setData(instance.data, changes); then?.() },
      groupSetData: (f) => f(), triggerEvent() {}, selectComponent: () => null, selectAllComponents: () => [], getRelationNodes: () => [],
      createSelectorQuery: sandbox.wx.createSelectorQuery,
    }
    open.push(instance)
    const life = options.lifetimes ?? {}
    for (const hook of ['created', 'attached']) (life[hook] ?? options[hook])?.call(instance)
    instance.onLoad?.call(instance, query)
    instance.onShow?.call(instance)
    ;(life.ready ?? options.ready)?.call(instance)
    instance.onReady?.call(instance)
    await new Promise((r) => setTimeout(r, backend ? 1500 : 60))
    const tree = gwx(page + '.wxml')(instance.data)
    let words = ''
    let nodes = 0
    ;(function walk(x) {
      if (typeof x !== 'object') { words += x + ' '; return }
      nodes++
      ;(x.children ?? []).forEach(walk)
    })(tree)
    if (nodes < 2) throw new Error('the template came out empty')
    instance.onUnload?.call(instance)
    return { calls, errors, nodes, words: words.replace(/\s+/g, ' ').trim() }
  } catch (e) {
    note(e)
    return { calls, errors, nodes: 0, words: '' }
  } finally {
    process.off('unhandledRejection', onReject)
  }
}

const gwx = compileTemplates()
;(async () => {
  let passed = 0
  let failed = 0
  for (const page of wanted.length ? wanted : allPages) {
    const r = await boot(page)
    r.errors.length ? failed++ : passed++
    console.log(`${r.errors.length ? 'FAIL' : 'ok  '} ${page}  ${r.nodes} nodes  ${r.calls.join(', ')}`)
    if (wanted.length) console.log('     ' + r.words.slice(0, 600))
    for (const e of r.errors) console.log('     ' + e)
  }
  console.log(`${passed} passed, ${failed} failed`)
  process.exit(failed ? 1 : 0)
})()
