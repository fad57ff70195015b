// Policy match: an investor answers five questions, sees what applies, what it gives by which clause, and what fails elsewhere.
import { at, browser, choose, fill, look, must, press, says, test } from './stage.mjs'

const investor = await browser()
const page = investor.page
const match = '/packages/content/match/index'
const cards = () => page.locator('[data-testid="match"]').allInnerTexts()

await test('from the list of policies to the five questions; what is missing is said at its field', async () => {
  await at(page, '/packages/content/policies/index')
  await says(page, '示例·竹产业设备投资补助')
  await press(page, '查看适用政策')
  await says(page, '计划投资（万元）')
  await press(page, '查看适用政策')
  for (const field of ['产业', '计划投资（万元）', '落地区县', '企业规模', '资金来源']) await says(page, `请填写${field}`)
  await look(page, 'match-missing', { whole: true })
})

await test('the answers give two policies with their figures and clauses, and the one condition that fails', async () => {
  await choose(page, '产业', '竹产业')
  await fill(page, '计划投资（万元）', '15000')
  await choose(page, '落地区县', '桃江县')
  await press(page, '小型')
  await press(page, '内资')
  await look(page, 'match-form', { whole: true })
  await press(page, '查看适用政策')
  await says(page, '适用的政策（2）')
  const [grant, start, foreign] = await cards()
  for (const said of ['600 万元', '第五条', '投资额的 4%，最高 800 万元']) must(grant.includes(said), `${said} is not in ${grant}`)
  for (const said of ['30 万元', '第六条']) must(start.includes(said), `${said} is not in ${start}`)
  for (const said of ['资金来源不符合：要求外资', '第三条']) must(foreign.includes(said), `${said} is not in ${foreign}`)
  must(!foreign.includes('150 万元'), 'a policy that does not apply promises money')
  await look(page, 'match', { whole: true })
})

await test('other answers reach the cap; the policy itself says its conditions and rates', async () => {
  await press(page, '修改答案')
  await fill(page, '计划投资（万元）', '30000')
  await press(page, '查看适用政策')
  await says(page, '已达上限 800 万元')
  await press(page, '查看政策')
  await page.goBack()
  await at(page, '/packages/content/page/index', '?slug=demo-bamboo-equipment-grant')
  await says(page, '适用条件和标准')
  await says(page, '2,000 万元以上')
  await look(page, 'match-policy', { whole: true })
  await press(page, '看看我能否享受')
  await says(page, '回答五个问题')
})

await test('it reads in English, in large type and on a narrow screen', async () => {
  const narrow = await browser({ width: 320, height: 640 })
  await at(narrow.page, match)
  await narrow.page.evaluate(() => {
    for (const [key, value] of [['palm.language', 'en'], ['palm.large_type', true]]) localStorage.setItem(key, JSON.stringify({ type: typeof value, data: value }))
  })
  await at(narrow.page, match)
  await choose(narrow.page, 'Industry', 'Bamboo')
  await fill(narrow.page, 'Planned investment (10 000 yuan)', '100')
  await choose(narrow.page, 'County', 'Anhua County')
  await press(narrow.page, 'Large')
  await press(narrow.page, 'Foreign')
  await press(narrow.page, 'Show what applies')
  await says(narrow.page, 'Policies that apply (1)')
  await says(narrow.page, 'Place not met: asks for Taojiang County')
  await look(narrow.page, 'match-narrow', { whole: true })
  await narrow.program.close()
})
