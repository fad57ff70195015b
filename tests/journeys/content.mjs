// A policy by two people: written, sent back, mended, published, read without a script and in the feed, matched, in a personal guide with its paper, and taken down.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { answer, at, browser, byPassword, choose, chooseDay, fill, give, house, look, must, opened, press, says, test } from './stage.mjs'

const writer = await browser()
const reviewer = await browser()
const investor = await browser()
const folder = mkdtempSync(join(tmpdir(), 'palm-content-'))
const slug = 'bamboo-fibre-grant'
const title = '示例·竹纤维项目补助'
const known = {}
const version = (page) => at(page, '/packages/content/version/index', `?id=${known.id}`)
const shown = (page) => page.evaluate(() => new URLSearchParams(location.hash.split('?')[1]).get('id'))
const tick = (page, label) => page.getByRole('checkbox', { name: label, exact: true }).last().click()
const narrow = async (page, name) => {
  await page.setViewportSize({ width: 320, height: 640 })
  await look(page, name, { whole: true })
  await page.setViewportSize({ width: 390, height: 844 })
}
/** A film of half a second, as this browser makes it. */
async function film(page) {
  const text = await page.evaluate(async () => {
    const canvas = document.createElement('canvas')
    ;[canvas.width, canvas.height] = [160, 90]
    const pen = canvas.getContext('2d')
    const recorder = new MediaRecorder(canvas.captureStream(10), { mimeType: 'video/webm' })
    const parts = []
    recorder.ondataavailable = (e) => parts.push(e.data)
    const done = new Promise((end) => (recorder.onstop = end))
    recorder.start()
    for (let n = 0; n < 6; n++) {
      pen.fillStyle = n % 2 ? '#0a6b4f' : '#0d8a66'
      pen.fillRect(0, 0, 160, 90)
      await new Promise((go) => setTimeout(go, 100))
    }
    recorder.stop()
    await done
    const bytes = new Uint8Array(await new Blob(parts).arrayBuffer())
    return btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(''))
  })
  return Buffer.from(text, 'base64')
}
/** The words of a PDF without blanks. */
function words(bytes) {
  const file = join(folder, 'paper.pdf')
  writeFileSync(file, bytes)
  return execFileSync('pdftotext', [file, '-']).toString().replace(/\s/g, '')
}

await test('an editor writes a policy on the phone; what is missing is said at its field', async () => {
  const { page } = writer
  await byPassword(page, 'taskforce.one')
  await at(page, '/pages/mine/index')
  await page.getByText('指南和政策编辑').click()
  await says(page, '没有待复核的页面')
  await look(page, 'content-desk-empty')
  await press(page, '新建页面')
  await press(page, '保存草稿')
  await says(page, /处需要改正/)
  await look(page, 'content-edit-missing', { whole: true })
  await fill(page, '页面地址', slug)
  await fill(page, '修改说明', '按示例文件新增')
  await fill(page, '标题', title)
  await fill(page, '摘要', '虚构政策：竹纤维项目按投资给予补助。')
  await fill(page, '正文', '> 虚构政策，仅供演示。\n\n## 讲了什么\n\n- 第三条：按投资的 2% 补助。\n\n<script>alert(1)</script>')
  await fill(page, '文号', '示例〔2026〕9号')
  await fill(page, '发文机关', '示例单位')
  await fill(page, '来源说明', '示例数据（非真实信息）')
  await fill(page, '原文网址', 'https://policy.example/9')
  await chooseDay(page, '来源日期', '2026-01-05')
  await tick(page, '可以计算')
  await chooseDay(page, '生效日期', '2026-01-01')
  await press(page, '加一个条件')
  await tick(page, '竹产业')
  await fill(page, '条款', '第二条')
  await press(page, '加一项标准')
  await fill(page, '给什么', '投资补助')
  await fill(page, '条款', '第三条')
  await fill(page, '投资额的百分之', '2')
  const file = (name, mimeType, buffer) => give(page, { name, mimeType, buffer }, () => press(page, name.endsWith('.vtt') ? '传字幕' : '加图片或影片'))
  await file('园区.webm', 'video/webm', Buffer.from('no film'))
  await says(page, /只接受 JPEG、PNG 图片/)
  await file('园区.webm', 'video/webm', await film(page))
  await says(page, '1. 影片')
  await file('园区.vtt', 'text/vtt', Buffer.from('WEBVTT\n\n00:00.000 --> 00:01.000\n欢迎来到沅江\n'))
  await says(page, '已有字幕')
  await fill(page, '图片或影片的标题', '示例·园区一分钟')
  await fill(page, '文字说明', '画面：一片绿色（虚构）。旁白：无。')
  await look(page, 'content-edit', { whole: true })
  await narrow(page, 'content-edit-320')
  await press(page, '保存草稿')
  await says(page, '请起草人修改完善后提交复核。')
  known.id = await shown(page)
  const text = await page.locator('[data-testid="as-read"]').innerText()
  must(text.includes('按投资的 2% 补助') && !text.includes('alert'), text)
  await press(page, '查看')
  await page.waitForFunction(() => document.querySelector('video')?.readyState >= 1)
  await look(page, 'content-draft', { whole: true })
  const public_page = await fetch(`${house.url}/policies/${slug}`)
  must(public_page.status === 404, `a draft is shown to readers: ${public_page.status}`)
})

await test('submitted, it stands; the second pair of eyes is told, compares, and sends it back with the reason', async () => {
  const { page } = writer
  await press(page, '提交复核')
  await look(page, 'content-submit')
  await answer(page, '提交复核')
  await says(page, '待复核')
  must((await page.getByRole('button', { name: '发布', exact: true }).count()) === 0, 'its author may publish')
  const other = reviewer.page
  await byPassword(other, 'admin.system')
  await at(other, '/packages/notifications/list/index')
  await other.getByText('页面待复核').first().click()
  await says(other, '请另一人（不是起草人）通读后发布，或写明原因退回。')
  await look(other, 'content-to-review', { whole: true })
  await press(other, '退回修改')
  await fill(other, '原因', '请写明封顶金额')
  await look(other, 'content-return')
  await answer(other, '退回修改')
  await says(other, '草稿')
})

await test('mended and submitted again, it is published by the other', async () => {
  const { page } = writer
  await version(page)
  await says(page, '请写明封顶金额')
  await press(page, '修改内容')
  await fill(page, '最高（万元）', '500')
  await press(page, '保存草稿')
  await says(page, /最高 500 万元/)
  await press(page, '提交复核')
  await answer(page, '提交复核')
  await says(page, '待复核')
  const other = reviewer.page
  await version(other)
  await press(other, '发布')
  await look(other, 'content-publish')
  await answer(other, '发布')
  await says(other, '读者看到的是这一版。')
  await look(other, 'content-published', { whole: true })
  await at(other, '/packages/content/desk/index')
  await other.getByRole('tab', { name: '已发布' }).click()
  await says(other, title)
  await look(other, 'content-desk', { whole: true })
  await narrow(other, 'content-desk-320')
})

await test('a reader has it without a script, in the list, in the feed and in the site map', async () => {
  const plain = await investor.program.newContext({ javaScriptEnabled: false, viewport: { width: 390, height: 844 } })
  const page = await plain.newPage()
  const came = await page.goto(`${house.url}/policies/${slug}`)
  must(came.status() === 200, `${came.status()}`)
  await says(page, '按投资的 2% 补助')
  const source = await page.locator('video[controls][preload=metadata]').getAttribute('src')
  known.film = source
  must((await page.locator('video track[kind=captions]').count()) === 1, 'the film has no captions')
  const part = await fetch(house.url + source, { headers: { range: 'bytes=4-7' } })
  must(part.status === 206 && (await part.arrayBuffer()).byteLength === 4, `a part of the film: ${part.status}`)
  // Where no script runs, axe cannot; `pages` has it look at the same kind of page.
  await look(page, 'content-film-plain', { whole: true, unjudged: true })
  await at(investor.page, '/packages/content/page/index', `?slug=${slug}`)
  await says(investor.page, '示例·园区一分钟')
  await investor.page.waitForFunction(() => document.querySelector('video')?.readyState >= 1)
  await look(investor.page, 'content-film', { whole: true })
  await narrow(investor.page, 'content-film-320')
  await page.goto(`${house.url}/policies`)
  await says(page, title)
  await page.goto(`${house.url}/en/policies`)
  await says(page, 'Not fully translated')
  await plain.close()
  for (const path of ['/feed.xml', '/sitemap.xml']) {
    const text = await (await fetch(house.url + path)).text()
    must(text.includes(`/policies/${slug}`), `${path} does not name it`)
  }
})

await test('an investor gets a personal guide from five answers, with the policy, its figure, steps, sites and whom to ask', async () => {
  const { page } = investor
  await at(page, '/packages/content/my-guide/index')
  await press(page, '生成指南')
  await says(page, '请填写产业')
  await look(page, 'my-guide-missing', { whole: true })
  await press(page, '内资')
  await choose(page, '产业', '竹产业')
  await fill(page, '计划投资（万元）', '15000')
  await choose(page, '意向区县', '桃江县')
  await press(page, '土地')
  await look(page, 'my-guide-form', { whole: true })
  await press(page, '生成指南')
  await says(page, '您的答案')
  await says(page, '签约即供地')
  await says(page, title)
  const cards = await page.locator('[data-testid="match"]').allInnerTexts()
  const mine = cards.find((card) => card.includes(title)) ?? ''
  must(mine.includes('300 万元') && mine.includes('第三条'), mine)
  await says(page, /填写企业规模后才能判断/)
  must((await page.locator('[data-testid="site"]').count()) > 0, 'no site of the county')
  await look(page, 'my-guide', { whole: true })
  await narrow(page, 'my-guide-320')
  known.link = page.url()
  const text = words(await opened(page, '/personal-guide/paper', () => press(page, '打印（PDF）')))
  for (const said of ['专属投资指南', '竹纤维项目补助', '300万元', '第三条', '签约即供地', '桃江县', '责任单位', '演示数据']) must(text.includes(said), `${said} is not on the paper: ${text.slice(0, 900)}`)
})

await test('the link brings the answers back; an office needs no land; it reads in English and large type', async () => {
  const another = await browser({ width: 320, height: 640 })
  const { page } = another
  await page.goto(known.link)
  await says(page, '签约即供地')
  await press(page, '修改答案')
  await press(page, '办公场所')
  await press(page, '生成指南')
  await says(page, '招商地图没有收录办公场所')
  must(!(await page.locator('uni-page-body').innerText()).includes('签约即供地'), 'land is supplied to an office')
  await page.evaluate(() => {
    for (const [key, value] of [['palm.language', 'en'], ['palm.large_type', true]]) localStorage.setItem(key, JSON.stringify({ type: typeof value, data: value }))
  })
  await page.goto('about:blank')
  await page.goto(known.link)
  await says(page, 'Your answers')
  await look(page, 'my-guide-en-large', { whole: true })
  await another.program.close()
})

await test('the next version is compared paragraph by paragraph and replaces the first', async () => {
  const { page } = reviewer
  await version(page)
  await press(page, '起草新版本')
  await fill(page, '修改说明', '提高比例')
  await fill(page, '正文', '> 虚构政策，仅供演示。\n\n## 讲了什么\n\n- 第三条：按投资的 3% 补助。')
  await fill(page, '投资额的百分之', '3')
  await press(page, '保存草稿')
  await says(page, '请起草人修改完善后提交复核。')
  known.next = await shown(page)
  await press(page, '与上一版的差异')
  await says(page, '第 1 版 → 第 2 版')
  must((await page.locator('[data-testid="change"]').count()) >= 2, 'the differences are not told')
  await look(page, 'content-changes', { whole: true })
  await narrow(page, 'content-changes-320')
  await page.goBack()
  await press(page, '提交复核')
  await answer(page, '提交复核')
  await says(page, '待复核')
  await at(writer.page, '/packages/content/version/index', `?id=${known.next}`)
  await press(writer.page, '发布')
  await answer(writer.page, '发布')
  await says(writer.page, '读者看到的是这一版。')
  const text = await (await fetch(`${house.url}/policies/${slug}`)).text()
  must(text.includes('按投资的 3% 补助') && !text.includes('按投资的 2%'), 'readers see the old version')
})

await test('taken down, its page says when and why, and it is out of lists, feed, match and guide', async () => {
  const { page } = writer
  await press(page, '撤下页面')
  await fill(page, '原因', '示例文件已废止')
  await look(page, 'content-withdraw')
  await answer(page, '撤下页面')
  await says(page, '已撤下，读者会看到撤下日期和原因。')
  await look(page, 'content-withdrawn', { whole: true })
  for (const path of [`/policies/${slug}`, `/en/policies/${slug}`]) {
    const came = await investor.page.goto(house.url + path)
    must(came.status() === 410, `${path}: ${came.status()}`)
    await says(investor.page, '示例文件已废止')
    await look(investor.page, `content-gone${path.replace(/\//g, '-')}`, { whole: true })
  }
  await at(investor.page, '/packages/content/page/index', `?slug=${slug}`)
  await says(investor.page, '示例文件已废止')
  await look(investor.page, 'content-gone-app')
  must((await fetch(house.url + known.film)).status === 404, 'its film is still there')
  for (const path of ['/feed.xml', '/sitemap.xml', '/policies']) {
    const text = await (await fetch(house.url + path)).text()
    must(!text.includes(slug), `${path} still names it`)
  }
  await investor.page.goto('about:blank')
  await investor.page.goto(known.link)
  await says(investor.page, '您的答案')
  must(!(await investor.page.locator('uni-page-body').innerText()).includes(title), 'the guide still has it')
  rmSync(folder, { recursive: true })
})
