// The library of liaison institutions: an official keeps one with people, talk and an agreement; another county sees the
// facts alone; the city says who brings leads for it and reads what came of them, row by row.
import { answer, at, browser, byPassword, choose, chooseDay, fill, give, house, look, must, opened, press, says, test } from './stage.mjs'
import { api, enter } from './house.mjs'
import { workbook } from './workbook.mjs'

const ours = await browser({ line: true })
const theirs = await browser()
const city = await browser()
const known = {}
const list = '/packages/institutions/list/index'
const one = '/packages/institutions/institution/index'
const day = (n) => new Date(Date.now() + 8 * 36e5 + n * 864e5).toISOString().slice(0, 10)

await test('an official keeps an institution; what is missing is said at its field, what is like it while the name is typed', async () => {
  const { page } = ours
  known.ours = await byPassword(page, 'taojiang.official')
  await at(page, '/pages/mine/index')
  await page.getByText('机构联络库').first().click()
  await says(page, '示例·华南竹制品行业协会')
  await look(page, 'institutions')
  await press(page, '添加机构')
  await press(page, '保存')
  for (const field of ['机构名称', '机构类型']) await says(page, `请填写${field}`)
  await choose(page, '机构类型', '行业协会')
  await fill(page, '机构名称', '示例·华南竹制品行业协会佛山分会')
  await says(page, '库中已有相近机构')
  await says(page, '母公司或分支机构')
  await look(page, 'institution-like')
  await fill(page, '机构名称', '示例·东莞竹家居商会')
  await page.getByText('库中已有相近机构').waitFor({ state: 'detached' })
  await fill(page, '所在地', '广东东莞')
  await fill(page, '覆盖区域', '东莞、深圳，珠三角')
  await press(page, '竹产业')
  await press(page, '现代服务业')
  await choose(page, '机构类型', '异地商协会')
  await look(page, 'institution-edit', { whole: true })
  await press(page, '保存')
  await says(page, '还没有带来信息')
  await says(page, '东莞、深圳、珠三角')
  const all = await api(house, known.ours)('GET', `/institutions?q=${encodeURIComponent('东莞竹家居')}`)
  must(all.items.length === 1, `${all.items.length} institutions`)
  must(all.items[0].unit_id === '430922', `kept by ${all.items[0].unit_id}`)
  known.id = all.items[0].id
})

await test('those that were long silent are kept as a view by days, and come back with one tap', async () => {
  const { page } = ours
  await at(page, list)
  await says(page, '示例·东莞竹家居商会')
  await choose(page, '机构类型', '异地商协会')
  await page.getByRole('tab', { name: '90 天未联系' }).click()
  await press(page, '保存当前筛选')
  await fill(page, '名称', '久未联系的商会')
  await answer(page, '保存')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  const kept = await api(house, known.ours)('GET', '/saved-views?library=institutions')
  must(kept.items[0].filter.institutions.silent_days === 90, JSON.stringify(kept))
  await at(page, list)
  await page.getByRole('button', { name: '久未联系的商会', exact: true }).click()
  await page.getByText('示例·华南竹制品行业协会').first().waitFor({ state: 'detached' })
  await says(page, '示例·东莞竹家居商会')
  await look(page, 'institutions-view')
  await at(page, one, `?id=${known.id}`)
})

await test('it adds a person and writes a contact down with what comes next, while the network comes and goes', async () => {
  const { page } = ours
  await press(page, '添加联系人')
  await fill(page, '姓名', '欧阳示例')
  await fill(page, '职务', '秘书长')
  await fill(page, '手机号', '19000000095')
  await answer(page, '保存')
  await says(page, '190******95')
  await press(page, '查看号码')
  await fill(page, '用途', '约定拜访')
  await answer(page, '查看号码')
  await says(page, '19000000095')
  await press(page, '记录联系')
  await fill(page, '说了什么', '商会年会邀请桃江做竹产业推介')
  await fill(page, '下一步', '寄送推介材料')
  await chooseDay(page, '计划日期', day(3))
  await ours.cut()
  await answer(page, '保存')
  await page.getByRole('dialog').getByText('网络').first().waitFor()
  await ours.mend()
  await answer(page, '保存')
  await says(page, '下一步：寄送推介材料')
  await says(page, '上次联系')
  const view = await api(house, known.ours)('GET', `/institutions/${known.id}`)
  must(view.log.length === 1, `${view.log.length} lines in the log`)
})

await test('an agreement is written down, its paper put to it and read again, and it is renewed by a new one', async () => {
  const { page } = ours
  await press(page, '登记协议')
  await answer(page, '保存')
  await says(page, '请填写约定内容')
  await chooseDay(page, '截止日期', day(20))
  await fill(page, '约定内容', '商会每季度推荐两家会员企业，桃江安排专人对接。')
  await answer(page, '保存')
  await says(page, '有效')
  await give(page, { name: '联络协议.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4 示例') }, () => press(page, '上传原件'))
  await says(page, '联络协议.pdf')
  const bytes = await opened(page, '/institution-papers/', () => page.getByRole('link', { name: '联络协议.pdf' }).click())
  must(bytes.toString().startsWith('%PDF-1.4'), 'another paper')
  await press(page, '续签')
  await says(page, '原协议保留不变')
  await chooseDay(page, '截止日期', day(385))
  await answer(page, '保存')
  await says(page, '已续签')
  await says(page, '未开始')
  await look(page, 'institution', { whole: true })
})

await test('another county reads the facts and that there was contact, and nothing of people, talk or agreements', async () => {
  const { page } = theirs
  await byPassword(page, 'nanxian.official')
  await at(page, list)
  await page.locator('.search-input input').first().fill('东莞')
  await page.keyboard.press('Enter')
  await page.getByText('示例·东莞竹家居商会').first().click()
  await says(page, '本单位还没有记录联系人')
  await says(page, '上次联系')
  const text = await page.locator('uni-page-body').innerText()
  for (const secret of ['欧阳', '190******95', '推介', '每季度推荐', '联络协议.pdf', '修改资料']) must(!text.includes(secret), `${secret} is seen`)
  await look(page, 'institution-other-county', { whole: true })
})

await test('the city names who brings leads; an account that speaks for another institution is refused with the reason', async () => {
  const { page } = city
  known.city = await byPassword(page, 'taskforce.one')
  await at(page, one, `?id=${known.id}`)
  await press(page, '指定账号')
  await fill(page, '招商顾问手机号', '19000000033')
  await answer(page, '保存')
  await says(page, '已代表一家机构')
  await look(page, 'institution-bringer-taken')
  await answer(page, '取消')
})

await test('what it brought is counted by year; a figure leads to its rows, a row to the lead, an appointment is one tap away', async () => {
  const { page } = city
  const [asCity, asOurs] = [api(house, known.city), api(house, known.ours)]
  const consultant = api(house, (await enter(house, '19000000032')).access_token)
  const chamber = (await asCity('GET', `/institutions?q=${encodeURIComponent('示例外地益阳商会（上海）')}`)).items[0]
  const submit = (name, phone) => consultant('POST', '/leads', { enterprise_name: name, contact_name: '周示例', contact_phone: phone, industry: 'bamboo', intention: '拟建竹家居生产线，需用地约 40 亩。' })
  const { lead } = await submit('示例沪竹家居有限公司', '19000000181')
  await submit('示例沪上食品有限公司', '19000000182')
  const handed = await asCity('POST', `/leads/${lead.id}/handovers`, { unit_id: '430922' })
  await asOurs('POST', `/leads/handovers/${handed.handovers[0].id}/acceptances`, {})
  await asOurs('POST', `/leads/${lead.id}/projects`, { name: '示例沪竹家居项目' })
  const appointment = { kind: 'chamber', name: '示例外地益阳商会（上海）', phone: '19000000032', region: '上海', begins_on: day(-300), ends_on: day(400) }
  // Another story of this house may have appointed them already.
  const made = await asCity('POST', '/leads/appointments', appointment).catch(() => undefined)
  await at(page, one, `?id=${chamber.id}`)
  await says(page, '转为项目')
  await says(page, '聘期')
  await look(page, 'institution-brought', { whole: true })
  await page.getByRole('link', { name: /提交信息 \d/ }).first().click()
  await says(page, '示例沪上食品有限公司')
  await look(page, 'institution-rows')
  await page.getByRole('link', { name: '示例沪竹家居有限公司' }).click()
  await page.waitForURL(/leads\/lead/)
  await at(page, one, `?id=${chamber.id}`)
  await page.getByRole('link', { name: '示例外地益阳商会（上海）' }).click()
  await page.waitForURL(/leads\/bringers/)
  await says(page, '示例外地益阳商会（上海）')
  if (made) await asCity('POST', `/leads/appointments/${made.id}/endings`, { reason: '示例结束' })
})

await test('institutions come by workbook: misfits are named, all rows are written, and taken back', async () => {
  const { page } = ours
  const head = ['编号', '机构类型', '机构名称', '覆盖区域', '覆盖产业', '责任单位']
  const rows = [['', '投资基金', '示例·表格甲基金', '深圳、全国', '新能源、竹产业', '430922'], ['', '科研院所', '示例·表格乙研究院', '', '', '']]
  const bad = ['', '投资基金', '示例·表格丙基金', '', '航天', '']
  const mimeType = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'
  const upload = (name, sheet) => give(page, { name, mimeType, buffer: workbook(sheet) }, () => press(page, '上传并检查'))
  await at(page, list)
  await press(page, '表格导入导出')
  await says(page, '还没有上传过表格')
  const [file] = await Promise.all([page.waitForEvent('download'), press(page, '导出当前筛选的机构')])
  must(file.suggestedFilename() === 'institutions.xlsx', file.suggestedFilename())
  await upload('有误.xlsx', [head, ...rows, bad])
  await says(page, '第 4 行 · 覆盖产业')
  await look(page, 'institution-import-bad')
  await at(page, '/packages/workbooks/desk/index', '?of=institutions')
  await upload('机构.xlsx', [head, ...rows])
  await press(page, '写入 2 家机构')
  await says(page, '已写入 2 家机构。')
  await press(page, '撤销这次导入')
  await answer(page, '撤销这次导入')
  await says(page, '已撤销，机构恢复到导入之前。')
})

await test('the list is narrowed by kind, region and silence; it reads in English, in large type and on a narrow screen', async () => {
  const { page } = city
  await at(page, list)
  await choose(page, '机构类型', '投资基金')
  await says(page, '示例·洞庭产业投资基金')
  must((await page.getByText('示例产业研究院').count()) === 0, 'an institute among the funds')
  await choose(page, '机构类型', '全部类型')
  await press(page, '更多筛选')
  await page.locator('.search-input input').nth(1).fill('珠三角')
  await page.keyboard.press('Enter')
  await says(page, '示例·东莞竹家居商会')
  await page.getByRole('tab', { name: '90 天未联系' }).click()
  await page.getByText('示例·东莞竹家居商会').first().waitFor({ state: 'detached' })
  await says(page, '示例·华南竹制品行业协会')
  await look(page, 'institutions-filtered')
  const narrow = await browser({ width: 320, height: 640 })
  await byPassword(narrow.page, 'yuanjiang.official')
  await narrow.page.evaluate(() => {
    for (const [key, value] of [['palm.language', 'en'], ['palm.large_type', true]]) localStorage.setItem(key, JSON.stringify({ type: typeof value, data: value }))
  })
  await at(narrow.page, list)
  await says(narrow.page, 'Kept by')
  await look(narrow.page, 'institutions-narrow', { whole: true })
  await at(narrow.page, one, `?id=${known.id}`)
  await says(narrow.page, 'What it brought')
  await look(narrow.page, 'institution-narrow', { whole: true })
  await narrow.program.close()
})
