// One chain a county: the county proposes, the city returns and approves, anybody reads it, an official goes from a gap to its targets.
import { answer, at, browser, byPassword, choose, chooseDay, fill, house, look, must, press, says, test } from './stage.mjs'
import { api } from './house.mjs'

const county = await browser()
const city = await browser()
const anyone = await browser()
const known = {}
const list = '/packages/chains/list/index'
const chain = '/packages/chains/chain/index'

await test('anybody reads the chain of a county as a picture and in words; who is courted is not told', async () => {
  const { page } = anyone
  await at(page, list)
  await says(page, '安化黑茶')
  await says(page, '主产业链尚未公布')
  await look(page, 'chains', { whole: true })
  await page.getByText('竹产业').first().click()
  await says(page, '缺少把竹材制成纤维的企业')
  await page.getByRole('button', { name: '中游，竹纤维，本地企业 0 家、缺口' }).waitFor()
  await look(page, 'chain', { whole: true })
  const text = await page.locator('uni-page-body').innerText()
  must(!text.includes('目标企业'), 'targets are told to everybody')
})

await test('an official goes from a gap to exactly its target enterprises in one tap', async () => {
  const { page } = county
  known.county = await byPassword(page, 'ziyang.official')
  await at(page, chain, '?unit=430922')
  await says(page, '示例·青竹纤维科技有限公司')
  await press(page, '查看这个环节的目标企业（1）')
  await says(page, '环节：竹纤维')
  await says(page, '示例·青竹纤维科技有限公司')
  must((await page.getByText('示例·', { exact: false }).filter({ visible: true }).count()) === 1, 'the list holds others')
  await look(page, 'chain-targets')
  await press(page, '添加企业')
  await page.getByRole('button', { name: '竹家居', exact: true }).waitFor()
  await page.goBack()
  await says(page, '环节：竹纤维')
  await press(page, '不限环节')
  await page.getByText('环节：竹纤维').waitFor({ state: 'detached' })
})

await test('a county writes its first chain; what is missing is said at its field', async () => {
  const { page } = county
  await at(page, list)
  await press(page, '申报主产业链')
  await press(page, '提交市里审批')
  for (const said of ['请填写产业链名称', '请填写所属产业', '请填写依据', '请至少添加一个环节']) await says(page, said)
  await look(page, 'chain-edit-missing', { whole: true })
  await fill(page, '产业链名称', '休闲食品（示例）')
  await choose(page, '所属产业', '食品加工')
  await fill(page, '依据', '示例数据（非真实信息）')
  await press(page, '添加环节')
  await press(page, '提交市里审批')
  await says(page, '请填写环节名称')
  await fill(page, '环节名称', '原料种植')
  await press(page, '手工添加企业')
  await fill(page, '企业名称', '资阳示例农场')
  await press(page, '提交市里审批')
  await says(page, '请填写来源')
  await fill(page, '来源', '示例台账')
  await chooseDay(page, '来源日期', '2026-03-01')
  await press(page, '添加环节')
  await page.getByRole('button', { name: '中游', exact: true }).last().click()
  await fill(page, '环节名称', '休闲食品')
  await page.getByRole('button', { name: '是缺口', exact: true }).last().click()
  await fill(page, '缺什么', '缺少全国性品牌（示例）')
  await look(page, 'chain-edit', { whole: true })
  await press(page, '提交市里审批')
  await says(page, '待市级审批')
  await says(page, '首次申报，全部环节为新增')
  await look(page, 'chain-proposal', { whole: true })
  const waiting = await api(house, known.county)('GET', '/chains/proposals')
  must(waiting.items.length === 1, `${waiting.items.length} proposals`)
  known.id = waiting.items[0].id
})

await test('the city returns it with a reason, the county writes it anew, the city approves', async () => {
  const { page } = city
  known.city = await byPassword(page, 'commerce.official')
  await at(page, list)
  await says(page, '正在办理的申报')
  await page.getByText('休闲食品（示例）').first().click()
  await says(page, '缺少全国性品牌')
  await press(page, '退回')
  await fill(page, '退回原因', '请补充下游环节')
  await answer(page, '退回')
  await says(page, '已退回')
  const mine = county.page
  await at(mine, '/packages/chains/proposal/index', `?id=${known.id}`)
  await says(mine, '请补充下游环节')
  await press(mine, '修改')
  await says(mine, '原料种植')
  await press(mine, '添加环节')
  await mine.getByRole('button', { name: '下游', exact: true }).last().click()
  await fill(mine, '环节名称', '冷链物流')
  await press(mine, '提交市里审批')
  await says(mine, '待市级审批')
  await at(page, '/packages/chains/proposal/index', `?id=${known.id}`)
  await press(page, '批准')
  await answer(page, '批准')
  await says(page, '查看公布的产业链')
  await look(page, 'chain-approved', { whole: true })
})

await test('it is public at once, with its day and its number', async () => {
  const { page } = anyone
  await at(page, chain, '?unit=430902')
  await says(page, '冷链物流')
  await says(page, '第 1 版')
  await says(page, '资阳示例农场')
})

await test('a chain that is in force is changed by a new version; the old one stays to be read', async () => {
  const taojiang = await browser()
  const asCounty = api(house, await byPassword(taojiang.page, 'taojiang.official'))
  const now = await asCounty('GET', '/chains/430922')
  const links = now.chain.links.map(({ place, name, name_en, gap, gap_note, locals }) => ({ place, name, name_en, gap, gap_note, locals: locals.map(({ feature_id }) => ({ feature_id })) }))
  links.push({ place: 'down', name: '竹工艺', gap: false, locals: [] })
  const { page } = taojiang
  await at(page, list)
  await press(page, '申报调整')
  await says(page, '竹林培育')
  await look(page, 'chain-change')
  const made = await asCounty('POST', '/chains/proposals', { content: { name: '竹产业', name_en: 'Bamboo', industry: 'bamboo', basis: '示例数据（非真实信息）', links }, note: '增加竹工艺（示例）' })
  await at(city.page, '/packages/chains/proposal/index', `?id=${made.id}`)
  await says(city.page, '竹工艺')
  await look(city.page, 'chain-compare', { whole: true })
  await press(city.page, '批准')
  await answer(city.page, '批准')
  await says(city.page, '查看公布的产业链')
  await at(page, chain, '?unit=430922')
  await says(page, '第 2 版')
  await page.getByText('第 1 版').first().click()
  await says(page, '这是往期版本')
  await taojiang.program.close()
})

await test('the chain reads in English, in large type and on a narrow screen, and in columns on a wide one', async () => {
  const narrow = await browser({ width: 320, height: 640 })
  await at(narrow.page, list)
  await narrow.page.evaluate(() => {
    for (const [key, value] of [['palm.language', 'en'], ['palm.large_type', true]]) localStorage.setItem(key, JSON.stringify({ type: typeof value, data: value }))
  })
  await at(narrow.page, chain, '?unit=430981')
  await says(narrow.page, 'Shipbuilding')
  await look(narrow.page, 'chain-narrow', { whole: true })
  await narrow.program.close()
  const wide = await browser({ width: 1100, height: 800 })
  await at(wide.page, chain, '?unit=430981')
  await says(wide.page, '船舶制造')
  const boxes = await wide.page.locator('.place').evaluateAll((all) => all.map((one) => Math.round(one.getBoundingClientRect().top)))
  must(boxes.length === 3 && new Set(boxes).size === 1, `places at ${boxes}`)
  await look(wide.page, 'chain-wide')
  await wide.program.close()
})

for (const who of [county, city, anyone]) await who.program.close()
