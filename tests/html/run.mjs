// The W3C's validator reads every page that the program writes itself, also a page that its editors wrote with hostile
// markdown and one that was taken down; a reader of feeds and site maps that shares no code with ours reads those.
// node tests/html/run.mjs [postgres://…]; PALM_TEST_PYTHON names the Python that has lxml.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { api, enter, open } from '../journeys/house.mjs'

const here = import.meta.dirname
const jar = join(here, 'node_modules/vnu-jar/build/dist/vnu.jar')
const house = await open(process.argv[2])
const folder = mkdtempSync(join(tmpdir(), 'palm-html-'))

/** What vnu says of files, as `file: words`. */
function judge(files) {
  const given = ['-jar', jar, '--stdout', '--exit-zero-always', '--format', 'json', ...files]
  const { messages } = JSON.parse(execFileSync('java', given, { maxBuffer: 1 << 26 }).toString())
  // What is only information has no effect, as it says itself.
  return messages.filter((one) => one.type !== 'info' || one.subType === 'warning').map((one) => `${one.url.split('/').pop()}:${one.lastLine} ${one.type} ${one.message} ${one.extract ?? ''}`)
}

// Before it judges ours it must find what is wrong in a page made for that.
const bent = join(folder, 'bent.html')
writeFileSync(bent, '<!DOCTYPE html><html lang="en"><head><title>x</title></head><body><p><div>a</div></p><img></body></html>')
if (judge([bent]).length < 2) throw new Error('the validator finds nothing in a page that is wrong')
rmSync(bent)

const tokens = await Promise.all(['taskforce.one', 'taskforce.two'].map(async (login) => (await enter(house, login)).access_token))
const [one, two] = tokens.map((token) => api(house, token))
/** Puts bytes there for a page and gives their hash. */
async function put(name, bytes) {
  const body = new FormData()
  body.append('file', new Blob([bytes]), name)
  const answer = await fetch(`${house.url}/api/v1/content/media`, { method: 'POST', headers: { authorization: `Bearer ${tokens[0]}`, 'idempotency-key': crypto.randomUUID() }, body })
  if (answer.status !== 201) throw new Error(`${name}: ${answer.status} ${await answer.text()}`)
  return (await answer.json()).sha256
}
const dot = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const shown = { title: '影像 "</figure>', title_en: 'Film <b>', words: '画面 <i> & "引号"\n\n旁白' }
const media = [
  { ...shown, kind: 'picture', sha256: await put('a.png', Buffer.from(dot, 'base64')) },
  { ...shown, kind: 'film', sha256: await put('b.mp4', Buffer.from('\0\0\0\x18ftypisom\0\0\x02\0isommp41', 'latin1')), captions: await put('c.vtt', 'WEBVTT\n') },
]
const content = (title, body) => ({
  title, title_en: 'Judged', summary: '示例 <b> & "引号"', body_md: body, source: '示例', source_on: '2026-01-05', source_url: 'https://policy.example/?a=1&b=2',
  steps: [{ title: '登记 </li>', owner: '示例单位 & Co', documents: ['<材料>'], days: 2, cost: '免费', complaint: '12345', needs: ['land'] }],
})
async function publish(slug, what) {
  const draft = await one('POST', '/content/versions', { slug, kind: 'guide', base_number: 0, content: what })
  const seen = { content_sha256: draft.content_sha256 }
  await one('POST', `/content/versions/${draft.id}/submissions`, seen)
  return two('POST', `/content/versions/${draft.id}/publications`, seen)
}
const hostile = '</div></article><script>x</script>\n\n<table><tr><p>\n\n| a | b |\n|---|---|\n| <i> | `</td>` |\n\n![x](javascript:1) [y](javascript:2) <b onclick=x>\n\n1. 一\n   - 二'
await publish('judged-hostile', { ...content('</title><script>alert(1)</script>', hostile), media })
const gone = await publish('judged-gone', content('示例·将撤下', '## 正文'))
await one('POST', `/content/versions/${gone.id}/withdrawals`, { reason: '示例 <原因> & 说明' })

const items = []
for (let cursor = ''; cursor !== undefined; ) {
  const page = await (await fetch(`${house.url}/api/v1/content/pages?limit=100${cursor}`)).json()
  items.push(...page.items)
  cursor = page.next ? `&cursor=${page.next}` : undefined
}
const events = (await (await fetch(`${house.url}/api/v1/gatherings`)).json()).items.map((one) => one.id)
const paths = ['/guides', '/policies', '/events', ...events.map((id) => `/events/${id}`), ...items.map((p) => `/${p.kind === 'guide' ? 'guides' : 'policies'}/${p.slug}`), '/guides/judged-gone', '/guides/nothing-here', '/events/nothing-here']
const expected = { '/guides/judged-gone': 410, '/guides/nothing-here': 404, '/events/nothing-here': 404 }
const files = []
for (const path of paths.flatMap((path) => [path, `/en${path}`])) {
  const answer = await fetch(house.url + path)
  const status = expected[path.replace(/^\/en/, '')] ?? 200
  if (answer.status !== status) throw new Error(`${path}: ${answer.status}`)
  const file = join(folder, `${path.slice(1).replace(/\//g, '-')}.html`)
  writeFileSync(file, await answer.text())
  files.push(file)
}
const said = judge(files)
console.log(said.length ? said.join('\n') : `vnu finds nothing wrong in ${files.length} pages`)

let read = true
try {
  const slugs = items.map((p) => p.slug).join(',')
  process.stdout.write(execFileSync(process.env.PALM_TEST_PYTHON ?? 'python3', [join(here, 'check_feeds.py'), house.url, slugs, 'judged-gone', events.join()]))
} catch (error) {
  read = false
  console.log(`${error.stdout ?? ''}${error.stderr ?? error}`)
}
house.close()
rmSync(folder, { recursive: true })
process.exit(said.length === 0 && read ? 0 : 1)
