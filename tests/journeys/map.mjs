// The map: filters, hubs, clusters, the list in step, a link, a cut network, both languages, a narrow screen.
import { spawnSync } from 'node:child_process'
import { at, browser, byPhone, house, look, must, says, test } from './stage.mjs'

const { page, context } = await browser()
const PATH = '/pages/map/index'
const ask = async (path) => (await fetch(`${house.url}/api/v1/map/${path}`)).json()
const pins = '.palm-pin'
const total = async (p = page) => Number((await p.getByTestId('total').textContent()).match(/\d+/)?.[0])
const settled = async (p, wanted) => {
  await p.waitForFunction((n) => document.querySelector('[data-testid=total]')?.textContent.match(/\d+/)?.[0] === String(n), wanted)
}
/** What the pins say together: a cluster's number, and one for each that stands alone. */
const onPins = (p = page) => p.locator(pins).evaluateAll((all) => all.reduce((n, pin) => n + (Number(pin.textContent) || 1), 0))

await test('the map counts what the list holds, on pins and in words', async () => {
  await at(page, PATH)
  await says(page, 'GS(2024)0650')
  const all = await ask('sites')
  await page.locator(pins).first().waitFor()
  await settled(page, all.total)
  must((await onPins()) === all.total, `${await onPins()} on pins, ${all.total} in the list`)
  await look(page, 'map-whole')
})

await test('utilities, a hub and a price are one question, and a link asks it again', async () => {
  await page.getByRole('button', { name: '筛选' }).click()
  await page.getByText('需要的配套').waitFor()
  const sheet = page.locator('.sheet')
  await sheet.getByRole('button', { name: /食品加工/ }).click()
  await sheet.getByRole('button', { name: /污水处理/ }).click()
  await sheet.getByRole('button', { name: '铁路货运站' }).click()
  await sheet.getByRole('button', { name: '20 公里内' }).click()
  await look(page, 'map-filters')
  await page.getByRole('button', { name: '查看结果' }).click()
  const found = await ask('sites?industry=food&utilities=sewage&near=rail_station&within_km=20')
  must(found.total > 0, 'the question finds nothing')
  await settled(page, found.total)
  await says(page, '铁路货运站 20 公里内')
  must((await onPins()) === found.total, 'pins and list differ')
  await look(page, 'map-near')
  const link = page.url()
  for (const part of ['utilities=sewage', 'near=rail_station', 'within=20', 'industry=food']) must(link.includes(part), `${part} is not in ${link}`)
  const other = await browser()
  await other.page.goto(link)
  await settled(other.page, found.total)
  await other.program.close()
})

await test('a cluster opens into its sites, and the list goes with the map', async () => {
  await at(page, PATH, '?kind=parcel')
  await page.reload()
  await page.locator(`${pins}.many`).first().waitFor()
  const before = await total()
  await page.locator(`${pins}.many`).first().click()
  await page.getByText('当前区域').waitFor()
  await page.waitForFunction((n) => Number(document.querySelector('[data-testid=total]')?.textContent.match(/\d+/)?.[0]) < n, before)
  await page.waitForTimeout(400)
  must(page.url().includes('bbox='), 'the view is not in the address')
  await page.locator('[data-testid=site]').first().waitFor()
  const listed = await total()
  must((await onPins()) >= Math.min(1, listed), 'no pin is left')
  await look(page, 'map-cluster')
  const there = page.url()
  const other = await browser()
  await other.page.goto(there)
  await settled(other.page, listed)
  await other.program.close()
})

await test('an area drawn by hand holds the sites inside it', async () => {
  await at(page, PATH, '?q=')
  await page.reload()
  await page.locator(pins).first().waitFor()
  await page.getByRole('button', { name: '圈选' }).click()
  const map = await page.getByTestId('map').boundingBox()
  for (const [x, y] of [[0.35, 0.3], [0.95, 0.3], [0.95, 0.8], [0.35, 0.8]]) {
    await page.mouse.click(map.x + map.width * x, map.y + map.height * y)
    await page.waitForTimeout(350)
  }
  await look(page, 'map-drawing')
  await page.getByRole('button', { name: /完成/ }).click()
  await page.getByText('圈选范围').waitFor()
  const polygon = decodeURIComponent(page.url()).match(/polygon=([^&]+)/)[1]
  const found = await ask(`sites?polygon=${polygon}`)
  await settled(page, found.total)
  const all = await ask('sites')
  must(found.total > 0 && found.total < all.total, `${found.total} of ${all.total}`)
})

await test('what was not checked for ninety days is grey and says so', async () => {
  const old = (await ask('sites?kind=parcel&limit=200')).items.find((site) => site.stale && site.checked_on)
  await at(page, PATH, `?kind=parcel&q=${encodeURIComponent(old.name)}`)
  await page.reload()
  await says(page, old.name)
  await says(page, '超过 90 天未核实')
  await page.locator(`${pins}.stale`).waitFor()
  await look(page, 'map-stale')
})

await test('a cut network is said, keeps what was there, and one press brings the rest', async () => {
  await at(page, PATH)
  await page.reload()
  await page.locator(pins).first().waitFor()
  const before = await total()
  await context.setOffline(true)
  await page.locator('.kinds').getByRole('button', { name: /标准厂房/ }).click()
  await page.getByText('未能更新').waitFor()
  must((await page.locator(pins).count()) > 0, 'the map was emptied')
  await look(page, 'map-offline')
  await context.setOffline(false)
  await page.getByText('未能更新').click()
  const found = await ask('sites?kind=factory_building')
  await settled(page, found.total)
  must(found.total < before, 'the filter did nothing')
})

await test('whoever has signed in sees red lines near by', async () => {
  const other = await browser()
  await byPhone(other.page, '19000000036')
  const parcel = (await ask('sites?kind=parcel&limit=1')).items[0]
  const box = [parcel.longitude - 0.01, parcel.latitude - 0.01, parcel.longitude + 0.01, parcel.latitude + 0.01].map((n) => n.toFixed(5)).join(',')
  const asked = other.page.waitForResponse((answer) => answer.url().includes('/map/red-lines') && answer.ok())
  await at(other.page, PATH, `?bbox=${box}&zoom=14`)
  must((await (await asked).json()).features.length > 0, 'no red line')
  await other.page.getByText('当前区域').waitFor()
  await look(other.page, 'map-red-line')
  await other.program.close()
})

await test('the map reads in English, in large type and on a narrow screen', async () => {
  const other = await browser()
  await at(other.page, PATH)
  await other.page.evaluate(() => {
    for (const [key, value] of [['palm.language', 'en'], ['palm.large_type', true]]) localStorage.setItem(key, JSON.stringify({ type: typeof value, data: value }))
  })
  await other.page.setViewportSize({ width: 320, height: 640 })
  await other.page.reload()
  await says(other.page, 'Map approval no.')
  await other.page.locator(pins).first().waitFor()
  await look(other.page, 'map-en-320')
  await other.page.getByRole('button', { name: 'Filters' }).click()
  await other.page.getByText('Utilities needed').waitFor()
  await look(other.page, 'map-en-320-filters')
  await other.program.close()
})

await test('tiles, GeoJSON and datums are as other programs have them', async () => {
  const checked = spawnSync(process.env.PALM_PYTHON ?? 'python3', ['tests/map/check.py', house.url], { encoding: 'utf8' })
  must(checked.status === 0, (checked.stderr || checked.stdout || String(checked.error)).slice(-800))
  console.log(`     ${checked.stdout.trim()}`)
})
