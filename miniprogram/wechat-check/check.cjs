// Proves that a WeChat build compiles with WeChat's own compilers, keeps its size limits and calls nobody.
// No network, no real app id, no key.   node check.cjs <dist> [--full]   last line: "N passed, N failed"
require('./offline.cjs')
const fs = require('fs')
const path = require('path')
const { spawnSync } = require('child_process')

const dist = path.resolve(process.argv[2])
const full = process.argv.includes('--full')
const MB = 1024 * 1024

const files = fs
  .readdirSync(dist, { recursive: true, withFileTypes: true })
  .filter((e) => e.isFile())
  .map((e) => path.relative(dist, path.join(e.parentPath ?? e.path, e.name)))
const of = (...endings) => files.filter((f) => endings.some((e) => f.endsWith(e)))
const text = (file) => fs.readFileSync(path.join(dist, file), 'utf8')

function compiler(name) {
  const file = path.join(__dirname, 'node_modules/miniprogram-compiler/bin/linux', name)
  fs.chmodSync(file, 0o755) // the package ships without the bit
  return file
}

let passed = 0
let failed = 0
async function test(name, run) {
  try {
    const note = await run()
    passed++
    console.log('ok   ' + name + (note ? '  ' + note : ''))
  } catch (e) {
    failed++
    console.log('FAIL ' + name + '\n     ' + String(e.message).slice(0, 2000))
  }
}
function refuse(complaints) {
  if (complaints.length) throw new Error(complaints.join('\n     '))
}

function wcc() {
  const r = spawnSync(compiler('wcc'), ['-d', '-o', '/dev/null', ...of('.wxml', '.wxs')], { cwd: dist, encoding: 'utf8' })
  if (r.status !== 0) throw new Error(r.stderr || 'status ' + r.status)
  return of('.wxml').length + ' templates'
}

function wcsc() {
  for (const f of of('.wxss')) {
    const cwd = path.join(dist, path.dirname(f)) // imports are relative to the file
    const r = spawnSync(compiler('wcsc'), ['-lc', '-js', '-o', '/dev/null', path.basename(f)], { cwd, encoding: 'utf8' })
    if (r.status !== 0) throw new Error(f + ': ' + r.stderr + r.stdout)
  }
  return of('.wxss').length + ' sheets'
}

function glassEasel() {
  const { TmplGroup } = require('glass-easel-template-compiler')
  const group = new TmplGroup()
  const bad = []
  for (const f of of('.wxs')) group.addScript(f.slice(0, -4), text(f))
  for (const f of of('.wxml')) {
    for (const d of group.addTmpl(f.slice(0, -5), text(f)) || []) {
      if (d.isError) bad.push(`${f}:${d.startLine + 1}:${d.startColumn} ${d.message}`)
    }
  }
  refuse(bad)
}

function staysHome() {
  const bad = []
  const foreign = /preloadAssets|dcloud\.net|gtimg\.com|99,\s*100,\s*110/
  for (const f of of('.js', '.wxss', '.wxml', '.json')) {
    const s = text(f).replace(/https:\/\/uniapp\.dcloud\.net\.cn\/tutorial[^"']*/g, '') // only named inside an error text
    if (foreign.test(s)) bad.push(f + ' calls a host that is not ours')
    if (!f.startsWith('packages/') && /require\("[./]*packages\//.test(s)) bad.push(f + ' (main package) requires a sub-package file')
  }
  refuse(bad)
}

// What the client asks WeChat's server for; everything else it does by itself.
const attributes = {
  appType: 0,
  appid: 'wx1234567890abcdef',
  gameApp: false,
  isSandbox: false,
  released: false,
  setting: {
    MaxCodeSize: 2,
    MaxSubpackageSubCodeSize: 2,
    MaxSubpackageFullCodeSize: 30,
    NavigateMiniprogramLimit: 10,
    MaxSubPackageLimit: 100,
    MinTabbarCount: 2,
    MaxTabbarCount: 5,
    MaxCustomTabbarCount: 5,
    MaxTabbarIconSize: 40,
    MaxThemeCount: 20,
  },
}

async function main() {
  await test('wcc compiles every template', wcc)
  await test('wcsc compiles every style sheet', wcsc)
  await test('glass-easel finds no error in the templates', glassEasel)
  await test('no foreign host, no beacon, no way from the main package into a sub-package', staysHome)

  const ci = require('miniprogram-ci')
  const project = new ci.Project({
    appid: attributes.appid,
    type: 'miniProgram',
    projectPath: dist,
    privateKey: 'none',
    ignores: ['node_modules/**/*'],
  })
  project._attr = attributes
  project.attr = async () => attributes
  const quick = {
    es6: false,
    es7: false,
    minify: false,
    minifyJS: false,
    minifyWXML: false,
    minifyWXSS: false,
    codeProtect: false,
    autoPrefixWXSS: false,
  }
  const setting = full ? { useProjectConfig: true } : quick

  await test('miniprogram-ci compiles the project', async () => {
    const result = await ci.getCompiledResult({ project, version: '0.0.0', desc: 'check', setting, onProgressUpdate() {} })
    return Object.keys(result).length + ' files'
  })
  await test('miniprogram-ci is content with sizes and quality', async () => {
    const report = await ci.checkCodeQuality(project)
    const sizes = report.find((x) => x.name === 'PACKAGE_SIZE_LIMIT').detail
    const bad = report.filter((x) => !x.success && !/COMPRESS_OPEN/.test(x.name))
    refuse([
      ...bad.map((x) => `${x.name}: ${x.text} ${JSON.stringify(x.detail ?? '').slice(0, 400)}`),
      ...Object.entries(sizes).flatMap(([k, v]) => (v > 2 * MB ? [`${k}: ${v} bytes, over 2 MB`] : [])),
      ...(sizes.__APP__ > MB ? [`main package ${sizes.__APP__} bytes, over 1 MB`] : []),
    ])
    return JSON.stringify(sizes)
  })

  console.log(`${passed} passed, ${failed} failed`)
  process.exit(failed ? 1 : 0)
}
main()
