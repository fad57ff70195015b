// Choosing and keeping sites: shortlist, comparison, sharing, dossier, offer; edit and review, freshness, reports, workbooks.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { api } from './house.mjs'
import { workbook } from './workbook.mjs'
import { at, browser, byPassword, byPhone, fill, house, look, must, says, test } from './stage.mjs'

const folder = mkdtempSync(join(tmpdir(), 'palm-sites-'))
const sites = await (await fetch(`${house.url}/api/v1/map/sites?unit_id=430903&kind=parcel&limit=50`)).json()
const [one, two, three] = sites.items
const stale = sites.items.find((site) => site.checked_on && Date.now() - Date.parse(site.checked_on) > 92 * 864e5)
const visitor = await browser()
const press = (page, name, exact = true) => page.getByRole('button', { name, exact }).first().click()
const known = {}

/** A site's page, opened as by a link in a new tab. */
async function open(page, site) {
  await at(page, '/packages/map/site/index', `?id=${site.id}`)
  await page.reload()
  await says(page, site.name)
}

async function keep(page, site) {
  await open(page, site)
  await press(page, '收藏')
  await says(page, '已收藏')
}

await test('a visitor filters the map and comes from it to a site; what nobody checked for 90 days says so', async () => {
  const { page } = visitor
  await at(page, '/pages/map/index')
  await page.getByRole('button', { name: /^地块/ }).click()
  await page.getByRole('button', { name: /^筛选/ }).click()
  await page.getByRole('dialog').getByRole('button', { name: /^赫山区/ }).click()
  await press(page, '查看结果')
  await page.getByTestId('site').filter({ hasText: stale.name }).getByText('超过 90 天未核实').waitFor()
  await page.getByTestId('site').filter({ hasText: stale.name }).click()
  await says(page, '基本条件')
  await says(page, '超过 90 天未核实')
  await look(page, 'site-stale')
})

await test('a visitor keeps two sites on the phone, with a note, without an account', async () => {
  const { page } = visitor
  await keep(page, one)
  await look(page, 'site')
  await keep(page, two)
  await at(page, '/packages/map/shortlist/index')
  await says(page, one.name)
  await page.getByRole('button', { name: '写备注' }).last().click()
  await page.locator('textarea').fill('近高速，待核实电力')
  await press(page, '保存')
  await says(page, '近高速，待核实电力')
  await look(page, 'shortlist')
})

await test('two sites are compared, what differs is marked, and a wish is answered point by point', async () => {
  const { page } = visitor
  for (const box of await page.getByRole('checkbox').all()) await box.click()
  await press(page, '比较（2）')
  await says(page, '我的要求')
  await says(page, '不同')
  await look(page, 'compare')
  await page.getByText('我的要求').click()
  await says(page, '需要用地（亩）')
  await page.locator('uni-page-body input').nth(0).fill('20')
  await page.locator('uni-page-body input').nth(1).fill('18')
  await page.getByRole('button', { name: '污水处理' }).click()
  await press(page, '按要求比较')
  await page.getByText(/匹配 \d+ 分/).first().waitFor()
  await page.getByText(/污水处理(可接入|已无余量)|未公布污水处理/).first().waitFor()
  await look(page, 'compare-wish')
  must(page.url().includes('area=20'), `the wish is not in ${page.url()}`)
  await page.getByRole('switch').click()
  await page.waitForTimeout(100)
  await look(page, 'compare-differences')
})

await test('the shortlist survives signing in', async () => {
  const { page } = visitor
  known.investor = await byPhone(page, '19000000036')
  await at(page, '/packages/map/shortlist/index')
  await says(page, '近高速，待核实电力')
  // The device hands its list over after the page stands.
  const inAccount = async () => (await api(house, known.investor)('GET', '/map/shortlist')).items.length
  for (let n = 0; n < 50 && (await inAccount()) < 2; n++) await page.waitForTimeout(100)
  must((await inAccount()) === 2, `${await inAccount()} sites are in the account`)
})

await test('a share link opens exactly the set in a fresh browser', async () => {
  const { page } = visitor
  await page.getByText('分享这些选址').click()
  const link = await page.getByTestId('share-link').textContent()
  await page.locator('.code img, uni-image.code img').first().waitFor({ state: 'attached' })
  await press(page, '小程序码')
  await says(page, '用微信扫一扫，直接打开小程序')
  await look(page, 'share-mini')
  const scanned = await house.opens()
  must(/^packages\/map\/shared\/index\?scene=[0-9a-f]{16}$/.test(scanned.page), scanned.page)
  await press(page, '网页二维码')
  await says(page, '用任何扫码工具，在浏览器中打开')
  await look(page, 'share')
  const fresh = await browser()
  await fresh.page.goto(`${house.url}/#/${scanned.page}`)
  await says(fresh.page, '共 2 处')
  must(await fresh.page.getByTestId('site').count() === 2, 'the code opens other sites than were shared')
  await fresh.page.goto('about:blank')
  await fresh.page.goto(link)
  await says(fresh.page, '共 2 处')
  must(await fresh.page.getByTestId('site').count() === 2, 'other sites than were shared')
  for (const site of [one, two]) await says(fresh.page, site.name)
  await look(fresh.page, 'shared')
  await fresh.program.close()
})

await test('the dossier is a PDF with the number of the map in its text', async () => {
  const { page } = visitor
  await open(page, one)
  const waiting = page.waitForEvent('download', { timeout: 60000 })
  await press(page, '资料 PDF')
  const file = join(folder, 'dossier.pdf')
  await (await waiting).saveAs(file)
  const text = execFileSync('pdftotext', [file, '-']).toString().replace(/\s/g, '')
  must(text.includes('GS(2024)0650号') && text.includes(one.name.replace(/\s/g, '')), text.slice(0, 600))
})

await test('whoever finds a site not as shown says so without an account', async () => {
  const fresh = await browser()
  await at(fresh.page, '/packages/map/site/index', `?id=${one.id}`)
  await says(fresh.page, one.name)
  await press(fresh.page, '内容不符')
  await fresh.page.getByText('价格或租金不符').click()
  await fresh.page.locator('textarea').fill('现场报价更高')
  await look(fresh.page, 'report')
  await press(fresh.page, '提交反馈')
  await says(fresh.page, '已转给责任单位')
  await fresh.program.close()
})

const official = await browser()
await test('the unit answers, and the answer stands at the site', async () => {
  const { page } = official
  known.official = await byPassword(page, 'heshan.official')
  await at(page, '/packages/map/desk/index')
  await says(page, '选址')
  await look(page, 'desk')
  await page.getByRole('tab', { name: /访客反馈/ }).click()
  await says(page, '现场报价更高')
  await look(page, 'desk-reports')
  await press(page, '答复')
  await page.getByText('经核实，内容无误').click()
  await page.locator('textarea').fill('以挂牌价为准，已与园区核对。')
  await page.getByRole('dialog').getByRole('button', { name: '答复', exact: true }).click()
  await says(page, '已答复')
  const fresh = await browser()
  await at(fresh.page, '/packages/map/site/index', `?id=${one.id}`)
  await says(fresh.page, '以挂牌价为准，已与园区核对。')
  await fresh.program.close()
})

await test('one tap says that a site is right as of today', async () => {
  const { page } = official
  await page.getByRole('tab', { name: /^选址/ }).click()
  await page.getByText(/^待核实/).click()
  const card = page.getByTestId('kept-site').filter({ hasText: stale.name })
  await card.getByRole('button', { name: /今日核实无误/ }).click()
  await says(page, '已记为今日核实')
  await card.waitFor({ state: 'detached' })
  const { page: other } = visitor
  await open(other, stale)
  await other.getByText('超过 90 天未核实').waitFor({ state: 'detached' })
})

await test('an edit is public only after a second pair of eyes', async () => {
  const { page } = official
  await at(page, '/packages/map/edit/index', `?site_id=${two.id}`)
  await says(page, '保存后由另一人复核')
  await look(page, 'edit')
  await page.getByLabel('地价（万元/亩）').locator('input').or(page.locator('uni-input[aria-label="地价（万元/亩）"] input')).first().fill('15.5')
  await press(page, '添加一条')
  await fill(page, '项目', '供水')
  await fill(page, '内容', '日供水 2 万吨')
  await press(page, '提交复核')
  await says(page, '请填写出处')
  await look(page, 'edit-fact')
  await page.getByTestId('fact').last().locator('[aria-label="出处"] input').fill('示例水务台账')
  const gas = page.getByTestId('supply').filter({ hasText: '天然气' })
  if ((await gas.getByTestId('supply-gas').getAttribute('aria-checked')) !== 'true') await gas.getByTestId('supply-gas').click()
  await gas.locator('[aria-label^="尚可供给"] input').fill('1200')
  await gas.locator('[aria-label="出处"] input').fill('示例燃气公司函')
  await fill(page, '拐点坐标', '东至公路')
  await says(page, '读不出坐标')
  await fill(page, '拐点坐标', '112.4000, 28.5000\n112.4020, 28.5000\n112.4020, 28.5020\n112.4000, 28.5020')
  await says(page, '4 个拐点')
  await fill(page, '出处', '示例勘测定界报告')
  await look(page, 'edit-parts')
  await press(page, '提交复核')
  await says(page, '您是填写人')
  await look(page, 'draft-own')
  const before = await (await fetch(`${house.url}/api/v1/map/sites/${two.id}`)).json()
  must(before.price_fen_per_mu !== 15_500_000, 'public before the review')
  const second = await browser()
  await byPassword(second.page, 'commerce.official')
  await at(second.page, '/packages/notifications/list/index')
  await says(second.page, '选址待复核')
  await second.page.getByText('选址待复核').first().click()
  await says(second.page, '改为')
  await says(second.page, '4 个拐点（示例勘测定界报告）')
  await says(second.page, '天然气 1,200 m³/时')
  await look(second.page, 'draft-review')
  await press(second.page, '复核无误，公开')
  await says(second.page, '已公开')
  await second.program.close()
  const fresh = await browser()
  await at(fresh.page, '/packages/map/site/index', `?id=${two.id}`)
  await says(fresh.page, '15.5 万元/亩')
  await says(fresh.page, '日供水 2 万吨')
  await fresh.program.close()
  await at(page, '/packages/map/versions/index', `?id=${two.id}`)
  await says(page, '第 2 版')
  await look(page, 'versions')
})

await test('an offer is made, read without an account, and withdrawn', async () => {
  const { page } = official
  const asOfficial = api(house, known.official)
  for (const site of [one, three]) await asOfficial('PUT', `/map/shortlist/${site.id}`, {})
  await at(page, '/packages/map/make-offer/index')
  await says(page, three.name)
  const inputs = page.locator('uni-page-body input')
  await inputs.nth(0).fill('示例食品有限公司')
  await page.locator('textarea').first().fill('感谢关注赫山，为贵公司选了以下地块。')
  await page.getByRole('checkbox', { name: three.name }).click()
  await page.locator(`input[placeholder="推荐理由"], uni-input input`).nth(1).fill('面积合适，近高速')
  await page.getByRole('checkbox').last().click()
  await page.locator('uni-input[aria-label="联系电话"] input, input[type=tel]').last().fill('19000000001')
  await look(page, 'make-offer')
  await press(page, '制作一企一页')
  await says(page, '链接只显示这一次')
  const link = await page.getByTestId('web-link').textContent()
  const reader = await browser()
  await reader.page.goto(link)
  await says(reader.page, '致 示例食品有限公司')
  await look(reader.page, 'offer-read')
  await reader.page.mouse.wheel(0, 600)
  const seen = reader.page.waitForResponse((r) => r.url().endsWith('/offers/readings'), { timeout: 20000 })
  must((await seen).status() === 204, 'the reading was not taken')
  await at(page, '/packages/map/offers/index')
  await says(page, '示例食品有限公司')
  await look(page, 'offers')
  await page.getByText('示例食品有限公司').first().click()
  await says(page, '共打开 1 次')
  await look(page, 'offer')
  await press(page, '撤回')
  await page.locator('textarea').last().fill('条件有变')
  await page.getByRole('dialog').getByRole('button', { name: '撤回', exact: true }).click()
  await says(page, '已撤回')
  await reader.page.reload()
  await says(reader.page, '这一页已到期或已撤回')
  await look(reader.page, 'offer-ended')
  await reader.program.close()
})

await test('a workbook is checked row by row, imported when told, and can be undone', async () => {
  const { page } = official
  const head = ['类型', '责任单位', '名称', '经度', '纬度', '坐标系', '位置精度', '状态', '资料来源']
  const good = (n) => ['地块', '赫山区', `示例导入地块 ${n}`, '112.36', '28.57', 'GCJ-02（国测局坐标）', '准确位置', '可供', '示例台账']
  const bad = good(2)
  bad[3] = '28.57'
  writeFileSync(join(folder, 'bad.xlsx'), workbook([head, good(1), bad, good(3)]))
  writeFileSync(join(folder, 'good.xlsx'), workbook([head, good(1), good(2), good(3)]))
  const upload = async (name) => {
    await at(page, '/packages/map/desk/index')
    await page.getByRole('tab', { name: '表格导入' }).click()
    await says(page, '下载空白模板')
    const chooser = page.waitForEvent('filechooser')
    await press(page, '上传并检查')
    await (await chooser).setFiles(join(folder, name))
  }
  await upload('bad.xlsx')
  await says(page, '第 3 行 · 经度')
  must(await page.getByTestId('misfit').count() === 1, 'other misfits than the one made')
  await look(page, 'import-bad')
  await upload('good.xlsx')
  await press(page, '导入 3 处，提交复核')
  await says(page, '待复核 3')
  await look(page, 'import-good')
  await press(page, '撤销这次导入')
  await page.getByRole('dialog').getByRole('button', { name: '撤销这次导入', exact: true }).click()
  await says(page, '已放弃 3')
})

/** A phone of 320 px, in large type and in English, as its owner has set it. */
async function small(given) {
  const phone = await browser({ width: 320, height: 640, ...given })
  await at(phone.page, '/pages/map/index')
  await phone.page.evaluate(() => {
    localStorage.setItem('palm.large_type', JSON.stringify({ type: 'boolean', data: true }))
    localStorage.setItem('palm.language', JSON.stringify({ type: 'string', data: 'en' }))
  })
  return phone
}

await test('choosing again at 320 px, in large type and in English, with the network cut once', async () => {
  const phone = await small({ line: true })
  const { page } = phone
  await at(page, '/pages/map/index', '?kind=parcel')
  await page.getByRole('button', { name: /^Filters/ }).click()
  await page.getByRole('dialog').getByRole('button', { name: /^Heshan/ }).click()
  await press(page, 'Show results')
  await page.getByTestId('site').filter({ hasText: one.name_en }).click()
  await says(page, 'Not as shown')
  await press(page, 'Keep')
  await says(page, 'Kept')
  await look(page, '320-site')
  await at(page, '/packages/map/site/index', `?id=${three.id}`)
  await press(page, 'Keep')
  await says(page, 'Kept')
  await at(page, '/packages/map/shortlist/index')
  await says(page, one.name_en)
  await says(page, three.name_en)
  await look(page, '320-shortlist')
  await phone.cut()
  await page.getByText('Share these sites').click()
  const again = page.getByRole('dialog').getByRole('button', { name: 'Try again' })
  await again.waitFor({ timeout: 40000 })
  await look(page, '320-share-cut')
  await phone.mend()
  await again.click()
  const link = await page.getByTestId('share-link').textContent()
  await look(page, '320-share')
  await press(page, 'Mini program')
  await says(page, 'Scan with WeChat')
  await page.waitForTimeout(500)
  await look(page, '320-share-mini')
  await press(page, 'Close')
  for (const box of await page.getByRole('checkbox').all()) await box.click()
  await press(page, 'Compare (2)')
  await says(page, 'What I need')
  await look(page, '320-compare')
  await at(page, '/packages/map/compare/index', `?sites=${one.id},${two.id},${three.id}&area=20`)
  await page.getByText(/^Match \d+/).first().waitFor()
  await look(page, '320-compare-wish')
  const waiting = page.waitForEvent('download', { timeout: 60000 })
  await press(page, 'Dossier PDF')
  const file = join(folder, 'dossier-en.pdf')
  await (await waiting).saveAs(file)
  const text = execFileSync('pdftotext', [file, '-']).toString()
  must(text.includes('GS(2024)0650') && text.includes(one.name_en), text.slice(0, 600))
  await at(page, '/packages/map/site/index', `?id=${two.id}`)
  await press(page, 'Not as shown')
  await page.getByText('Something else').click()
  await look(page, '320-report')
  await press(page, 'Send')
  await says(page, 'Passed on to the responsible unit. Thank you')
  await page.goto(link)
  await says(page, '2 sites')
  await look(page, '320-shared')
  await phone.program.close()
})

await test('an offer is read, and sites are kept, at 320 px, in large type and in English', async () => {
  const asOfficial = api(house, known.official)
  const words = { investor_name: '示例机械有限公司', greeting: 'Welcome to Heshan.', contact_name: '谭沁云', contact_phone: '19000000001', days: 7 }
  const made = await asOfficial('POST', '/offers', { ...words, sites: [{ site_id: one.id }, { site_id: three.id }], policies: [] })
  const reader = await small()
  await at(reader.page, '/packages/map/read/index', `?t=${made.token}`)
  await says(reader.page, `For ${words.investor_name}`)
  await look(reader.page, '320-offer-read')
  await reader.program.close()
  const { page } = official
  await page.setViewportSize({ width: 320, height: 640 })
  await page.evaluate(() => {
    localStorage.setItem('palm.large_type', JSON.stringify({ type: 'boolean', data: true }))
    localStorage.setItem('palm.language', JSON.stringify({ type: 'string', data: 'en' }))
  })
  for (const [name, route, query, text] of [
    ['320-desk', 'desk', '', 'Right as of today'], ['320-desk-reports', 'desk', '?id=reports', 'Something else'], ['320-edit', 'edit', `?site_id=${three.id}`, 'Another person reviews it'],
    ['320-offers', 'offers', '', words.investor_name], ['320-offer', 'offer', `?id=${made.id}`, 'Opened 1 times'], ['320-versions', 'versions', `?id=${two.id}`, 'Version 2'],
  ]) {
    await at(page, `/packages/map/${route}/index`, query)
    await says(page, text)
    await look(page, name)
  }
})
