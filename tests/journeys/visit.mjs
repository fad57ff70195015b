// Anyone, without an account: home, the map with its filters, a site, guides and policies.
import { join } from 'node:path'
import { at, browser, fill, house, look, must, press, says, shots, test } from './stage.mjs'

const { page, context, program } = await browser()
const ask = async (path) => (await fetch(`${house.url}/api/v1${path}`)).json()

/** List and map say the same number. */
async function found(where, n) {
  await where.getByText(`共 ${n} 处`).first().waitFor()
  await where.locator(`[aria-label*="显示 ${n} 处选址"]`).first().waitFor({ state: 'attached' })
}
async function filter(...changes) {
  await page.getByRole('button', { name: /^筛选/ }).click()
  const sheet = page.getByRole('dialog')
  await sheet.waitFor()
  for (const change of changes) await change(sheet)
  await press(page, '查看结果')
  await sheet.waitFor({ state: 'detached' })
}
const chip = (words) => (sheet) => sheet.getByRole('button', { name: new RegExp(`^${words}`) }).click()
const limit = (label, text) => () => fill(page, label, text)

await test('anyone finds the way from the home page to the map with its outlines and their source', async () => {
  await at(page, '/')
  await says(page, '招商地图')
  await look(page, 'home')
  await page.getByRole('link', { name: /^地块/ }).first().click()
  await says(page, 'GS(2024)0650')
  await look(page, 'map')
})

await test('kind, unit, industry, area and price narrow list and map alike, and a link restores them in a new page', async () => {
  await at(page, '/pages/map/index')
  const all = (await ask('/map/sites?limit=1')).total
  must(all >= 49, `only ${all} sites`)
  await found(page, all)
  await page.getByRole('button', { name: /^地块/ }).click()
  await found(page, (await ask('/map/sites?kind=parcel&limit=1')).total)
  await filter(chip('赫山区'))
  const ofUnit = await ask('/map/sites?kind=parcel&unit_id=430903&limit=50')
  must(ofUnit.total > 0, 'the unit offers no parcel')
  await found(page, ofUnit.total)
  const one = ofUnit.items.find((site) => site.price_fen_per_mu && site.area_m2)
  const mu = Math.floor((one.area_m2 * 3) / 2000)
  const wan = Math.ceil(one.price_fen_per_mu / 1e6)
  await filter(limit('最小', String(mu)), limit('地价上限（万元/亩）', String(wan)))
  const query = `kind=parcel&unit_id=430903&area_min_m2=${Math.round((mu * 2000) / 3)}&price_max_fen_per_mu=${wan * 1e6}`
  const few = await ask(`/map/sites?${query}&limit=50`)
  await found(page, few.total)
  for (const site of few.items) await says(page, site.name)
  must((await page.locator('.list .card').count()) === few.total, 'the list holds others')
  await look(page, 'map-filtered')
  const link = page.url()
  for (const part of ['kind=parcel', 'unit_id=430903', `area_min=${mu}`, `price_max=${wan}`]) must(link.includes(part), `${part} is not in ${link}`)
  const other = await context.newPage()
  await other.goto(link)
  await found(other, few.total)
  await other.getByRole('button', { name: '筛选（3）' }).waitFor()
  await other.close()
})

await test('factory buildings are found by industry and rent; a filter that fits nothing says so and is cleared', async () => {
  await at(page, '/pages/map/index', '?kind=factory_building')
  await page.reload()
  const halls = await ask('/map/sites?kind=factory_building&limit=1')
  await found(page, halls.total)
  await filter(chip('食品加工'), limit('租金上限（元/m²·月）', '12'))
  await found(page, (await ask('/map/sites?kind=factory_building&industry=food&rent_max_fen_per_m2_month=1200&limit=1')).total)
  await filter(limit('最小', '99999999'))
  await says(page, '没有符合条件的选址')
  await look(page, 'map-none')
  await press(page, '清除筛选')
  await found(page, (await ask('/map/sites?limit=1')).total)
})

await test('anyone reads a site with its unit, facts and the day it was checked', async () => {
  const park = (await ask('/map/sites?kind=park&limit=1')).items[0]
  await at(page, '/packages/map/site/index', `?id=${park.id}`)
  for (const words of [park.name, park.unit_name, '来源：', '核实']) await says(page, words)
  await look(page, 'site')
  const other = (await ask('/map/sites?kind=parcel&limit=1')).items[0]
  await page.evaluate((link) => { location.hash = link }, `#/packages/map/site/index?id=${other.id}`)
  await says(page, other.name)
  await page.getByRole('button', { name: '咨询此处' }).click()
  await says(page, '请先登录')
})

await test('anyone reads guides and policies', async () => {
  await at(page, '/packages/content/policies/index')
  await page.getByText('益政发〔2022〕11号').first().click()
  await says(page, '文号')
  await look(page, 'policy')
  const guide = (await ask('/content/pages?kind=guide')).items[0]
  await at(page, '/packages/content/guides/index')
  await page.getByText(guide.title).first().click()
  await says(page, '打开来源').catch(() => says(page, '来源'))
  await look(page, 'guide')
})

await test('guides and policies are pages without a script, with feed and sitemap', async () => {
  const quiet = await program.newContext({ javaScriptEnabled: false, viewport: { width: 390, height: 844 } })
  const plain = await quiet.newPage()
  for (const [path, lang] of [['/guides', 'zh'], ['/en/policies', 'en']]) {
    await plain.goto(house.url + path)
    must((await plain.locator('html').getAttribute('lang')).startsWith(lang), `${path} has another language`)
    must(await plain.locator('main a').count() > 0, `${path} lists nothing`)
  }
  if (shots) await plain.screenshot({ path: join(shots, 'policies-html.png') })
  for (const path of ['/feed.xml', '/en/feed.xml', '/sitemap.xml', '/robots.txt']) must((await fetch(house.url + path)).ok, path)
})
