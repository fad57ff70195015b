// Leads: consultant, task forces, county and investor, from a submission through a cut network to a credit slip.
import { api, enter } from './house.mjs'
import { answer, at, browser, byPassword, byPhone, choose, chooseDay, fill, house, look, must, says, test } from './stage.mjs'

const consultant = await browser()
const rival = await browser()
const task = await browser()
const second = await browser()
const official = await browser()
const negotiator = await browser()
const investor = await browser()
const known = {}

const english = (page, on) => page.evaluate((to) => localStorage.setItem('palm.language', JSON.stringify({ type: 'string', data: to })), on ? 'en' : 'zh')
const press = (page, name) => page.getByRole('button', { name, exact: true }).first().click()
/** In so many days, as China writes it. */
const day = (n) => new Date(Date.now() + n * 864e5).toLocaleDateString('sv-SE', { timeZone: 'Asia/Shanghai' })
const write = (page, text) => page.locator('[role=dialog] textarea').last().fill(text)

await test('a consultant submits while the network is cut: it is sent later, once', async () => {
  const { page, context } = consultant
  known.consultant = await byPhone(page, '19000000032')
  await at(page, '/packages/leads/submit/index')
  await says(page, '企业名称')
  const inputs = page.locator('uni-page-body input')
  await inputs.nth(0).fill('益阳市竹海新材料有限公司（示例）')
  await inputs.nth(2).fill('陈示例')
  await inputs.nth(3).fill('19000000088')
  await page.locator('uni-page-body textarea').first().fill('拟在桃江建竹基复合材料生产线，需地 40 亩。')
  await page.getByRole('button', { name: /所属产业/ }).click()
  await page.locator('.uni-picker-action-confirm:visible').click()
  await fill(page, '代表谁提交', '上海益阳商会（示例）')
  await context.setOffline(true)
  await press(page, '提交线索')
  await says(page, '已保存在本机，尚未送达')
  await look(page, 'lead-queued')
  await context.setOffline(false)
  await says(page, '首次接触回执')
  await page.locator('.number').first().waitFor()
  await look(page, 'lead-receipt')
  await press(page, '小程序码')
  await says(page, '用微信扫一扫，直接打开小程序')
  await look(page, 'lead-receipt-mini', { whole: true })
  const [check, scene] = (await house.opens()).page.split('?scene=')
  await at(investor.page, `/${check}`, `?scene=${encodeURIComponent(scene)}`)
  await says(investor.page, '与此回执一致')
  await look(investor.page, 'receipt-scanned')
  const mine = await api(house, known.consultant)('GET', '/leads')
  const these = mine.items.filter((l) => l.enterprise_name.includes('竹海新材料'))
  must(these.length === 1, `registered ${these.length} times`)
  known.first = these[0]
  must(known.first.submitted_for === '上海益阳商会（示例）', `in the name of ${known.first.submitted_for}`)
})

await test('a second claim opens one case; the task force rules on it side by side', async () => {
  known.rival = await byPhone(rival.page, '19000000033')
  const asRival = api(house, known.rival)
  const body = { enterprise_name: '湖南竹海新材料（集团）股份有限公司（示例）', contact_name: '陈示例', contact_phone: '19000000088', industry: 'new_materials', intention: '竹基复合材料。' }
  known.second = (await asRival('POST', '/leads', body)).lead
  known.task = await byPassword(task.page, 'taskforce.one')
  const cases = (await api(house, known.task)('GET', '/lead-likeness-reviews?state=open')).items
  const mine = cases.filter((c) => c.leads.some((l) => l.id === known.second.id))
  must(mine.length === 1, `${mine.length} cases`)
  known.case = mine[0].id
  await at(task.page, '/packages/leads/case/index', `?id=${known.case}`)
  await says(task.page, '规则建议')
  await look(task.page, 'case')
  await press(task.page, '作出认定')
  await task.page.getByRole('dialog').first().waitFor()
  await api(house, known.task)('POST', `/lead-likeness-reviews/${known.case}/decisions`, { decision: 'same', reason: '名称与电话相同。' })
})

await test('the losing side sees the other masked and appeals on the phone', async () => {
  const { page } = rival
  await at(page, '/packages/leads/case/index', `?id=${known.case}`)
  await says(page, '认定结论')
  const text = await page.locator('uni-page-body').innerText()
  must(!text.includes(known.first.number), 'the other lead’s number is shown')
  await press(page, '申请复核')
  await write(page, '我方有更早的会谈纪要，请复核。')
  await page.locator('[role=dialog]').getByRole('button', { name: '申请复核', exact: true }).click()
  await says(page, '复核中')
  await look(page, 'case-appealed')
})

await test('another person answers the appeal: these are two enterprises', async () => {
  const { page } = second
  await byPassword(page, 'taskforce.two')
  await at(page, '/packages/leads/case/index', `?id=${known.case}`)
  await press(page, '改变认定')
  await answer(page, '改变认定')
  await says(page, '请填写认定理由')
  await write(page, '两家法人不同，电话为同一代办机构。')
  await choose(page, '是否为同一企业？', '不同企业')
  await look(page, 'case-answering')
  await answer(page, '改变认定')
  await says(page, '改变原认定')
  await look(page, 'case-answered', { whole: true })
  const { leads } = await api(house, known.task)('GET', `/lead-likeness-reviews/${known.case}`)
  must(leads.every((one) => one.standing === 'first'), leads.map((one) => one.standing).join())
  await english(page, true)
  await page.reload()
  await says(page, 'Ruling changed')
  await look(page, 'case-answered-en', { whole: true })
  await english(page, false)
  await at(rival.page, '/packages/leads/case/index', `?id=${known.case}`)
  await says(rival.page, '两家法人不同，电话为同一代办机构。')
})

await test('the task force screens for value, fit and the first talk', async () => {
  await at(task.page, '/packages/leads/lead/index', `?id=${known.first.id}`)
  await press(task.page, '研判')
  await task.page.getByRole('dialog').getByRole('button', { name: '先进制造业谈判专班', exact: true }).click()
  await write(task.page, '契合竹产业主链。')
  await look(task.page, 'lead-screening')
  await task.page.locator('[role=dialog]').getByRole('button', { name: '确定', exact: true }).click()
  await says(task.page, '先进制造业谈判专班')
})

await test('the negotiators of its industry have the first talk, pause the clock with a reason and resume it', async () => {
  const { page } = negotiator
  await byPassword(page, 'negotiator.manufacturing')
  await at(page, '/packages/leads/desk/index')
  await says(page, known.first.enterprise_name)
  await look(page, 'desk-negotiator')
  await page.getByRole('link', { name: known.first.enterprise_name }).first().click()
  await press(page, '记录对接')
  await write(page, '初谈用地与用电。')
  await answer(page, '确定')
  await says(page, '先进制造业谈判专班 · 电话：初谈用地与用电。')
  await says(page, /专班洽谈/)
  await press(page, '暂停计时')
  await write(page, '等客商补充用水数据。')
  await chooseDay(page, '暂停至', day(5))
  await look(page, 'lead-pausing')
  await answer(page, '确定')
  await says(page, /已暂停至.*等客商补充用水数据。/)
  await look(page, 'lead-paused', { whole: true })
  await press(page, '恢复计时')
  await says(page, /前未办将上报下一级/)
  await english(page, true)
  await page.setViewportSize({ width: 320, height: 640 })
  await page.reload()
  await says(page, /Task force talk/)
  await says(page, /Clock paused/)
  await look(page, 'lead-negotiated-en-320', { whole: true })
  await at(page, '/packages/leads/desk/index')
  await says(page, known.first.enterprise_name)
  await look(page, 'desk-negotiator-en-320')
  await page.setViewportSize({ width: 390, height: 844 })
  await english(page, false)
  const farmers = api(house, (await enter(house, 'negotiator.agriculture')).access_token)
  const theirs = (await farmers('GET', '/leads?negotiating=true')).items
  must(!theirs.some((one) => one.id === known.first.id), 'another task force has it in hand')
})

await test('the task force hands over, the county accepts and records a contact', async () => {
  await api(house, known.task)('POST', `/leads/${known.first.id}/handovers`, { unit_id: '430903' })
  known.official = await byPassword(official.page, 'heshan.official')
  await at(official.page, '/packages/leads/lead/index', `?id=${known.first.id}`)
  await press(official.page, '接收')
  await official.page.locator('[role=dialog]').getByRole('button', { name: '接收', exact: true }).click()
  await says(official.page, '等待对接客商')
  await press(official.page, '记录对接')
  await write(official.page, '约定下周到赫山考察。')
  await official.page.locator('[role=dialog]').getByRole('button', { name: '确定', exact: true }).click()
  await says(official.page, '约定下周到赫山考察')
  await look(official.page, 'lead-contacted')
})

await test('the investor confirms by a link without an account, and calls when nobody answers', async () => {
  const asks = consultant.page
  await at(asks, '/packages/leads/lead/index', `?id=${known.first.id}`)
  await press(asks, '请客商确认')
  await asks.getByTestId('short-link').waitFor()
  await asks.waitForTimeout(500)
  await look(asks, 'lead-links')
  const opened = await house.opens()
  must((await asks.getByTestId('short-link').textContent()) === opened.link, opened.link)
  const web = await asks.getByTestId('web-link').textContent()
  must(web.endsWith(`/#/${opened.page}`), `${web} and ${opened.page} differ`)
  await english(asks, true)
  await asks.setViewportSize({ width: 320, height: 640 })
  await asks.reload()
  await press(asks, 'Ask the investor')
  await asks.getByTestId('short-link').waitFor()
  await asks.waitForTimeout(500)
  await look(asks, 'lead-links-en-320')
  await asks.setViewportSize({ width: 390, height: 844 })
  await english(asks, false)
  const { page } = investor
  await at(page, `/${opened.page}`)
  await says(page, '是否属实')
  await says(page, '代表 上海益阳商会（示例）')
  await look(page, 'confirm')
  await press(page, '以后再答')
  await says(page, '已记录您的答复：以后再答')
  await press(page, '属实')
  await says(page, '已记录您的答复：属实')
  await press(page, '没有人答复我')
  await says(page, '已上报')
  await look(page, 'confirm-answered')
  await english(page, true)
  await page.reload()
  await says(page, 'Nobody has answered me')
  await look(page, 'confirm-en')
  await english(page, false)
})

await test('an investor whom somebody else claims to have brought says no, in English', async () => {
  const { link } = await api(house, known.rival)('POST', `/leads/${known.second.id}/confirmations`, {})
  const { page } = investor
  await english(page, true)
  await at(page, link.slice(link.indexOf('#') + 1))
  await press(page, 'Answer later')
  await says(page, 'Your answer was kept: Later')
  await fill(page, 'Anything to add', '他们从未联系过我们。')
  await press(page, 'No')
  await says(page, 'Your answer was kept: Disagree')
  must((await page.getByRole('button', { name: 'Yes, that is so', exact: true }).count()) === 0, 'an answer that stands is asked again')
  await look(page, 'confirm-no-en')
  await english(page, false)
  const seen = await api(house, known.task)('GET', `/leads/${known.second.id}`)
  must(seen.confirmation === 'disagree', seen.confirmation)
})

await test('each party sees the credit slip with its formula, always whole', async () => {
  const { page } = consultant
  await at(page, '/packages/leads/credit/index')
  await says(page, '100.00%')
  await look(page, 'credit')
  await english(page, true)
  await page.reload()
  await says(page, 'How it was reckoned')
  await look(page, 'credit-en')
  await english(page, false)
})

await test('a lead in the pool is claimed by a county', async () => {
  const force = api(house, known.task)
  const made = await api(house, known.consultant)('POST', '/leads', { enterprise_name: '远山茶业有限公司（示例）', contact_name: '周示例', contact_phone: '19000000077', industry: 'dark_tea', intention: '拟建黑茶精制厂。' })
  await force('POST', `/leads/${made.lead.id}/pool-places`, { reason: '各地均可承接。' })
  const { page } = official
  await at(page, '/packages/leads/pool/index')
  await says(page, '远山茶业')
  await look(page, 'pool')
  await press(page, '认领')
  await write(page, '辖区有茶园。')
  await page.locator('[role=dialog]').getByRole('button', { name: '认领', exact: true }).click()
  await says(page, '等待对接客商')
})

await test('anyone leaves word without an account', async () => {
  const { page } = investor
  await at(page, '/packages/leads/enquiry/index')
  await says(page, '无需注册')
  await look(page, 'enquiry')
})

await test('the task force appoints a chamber and writes down its award; the consultant sees both', async () => {
  const { page } = task
  await at(page, '/packages/leads/bringers/index')
  await press(page, '聘任')
  await choose(page, '类别', '异地商协会')
  await fill(page, '名称', '上海益阳商会（示例）')
  await fill(page, '联系电话', '19000000032')
  await fill(page, '所在地区', '上海')
  await chooseDay(page, '任期开始', day(-30))
  await chooseDay(page, '任期结束', day(300))
  await look(page, 'appointing')
  await answer(page, '聘任')
  await says(page, '上海益阳商会（示例）')
  await page.locator('.card').filter({ hasText: '上海益阳商会（示例）' }).getByRole('button', { name: '添加记录', exact: true }).click()
  await choose(page, '类别', '奖励')
  await fill(page, '事由', '年度引荐奖励（示例）')
  await chooseDay(page, '日期', day(-1))
  await fill(page, '奖励金额（万元）', '二十')
  await answer(page, '添加记录')
  await says(page, '请输入金额')
  await fill(page, '奖励金额（万元）', '20')
  await look(page, 'award')
  await answer(page, '添加记录')
  await says(page, '年度引荐奖励（示例）')
  await says(page, /奖励 · .* · 20 万元/)
  await at(consultant.page, '/packages/leads/bringers/index')
  await says(consultant.page, '上海益阳商会（示例）')
  await says(consultant.page, /20 万元/)
  await look(consultant.page, 'bringers')
})

await test('everyone reads the same in English', async () => {
  for (const [one, route, query, words] of [
    [consultant, 'leads/bringers', '', 'What they brought'],
    [rival, 'leads/case', `?id=${known.case}`, 'Earlier in the ledger'],
    [task, 'leads/desk', '', 'To hand over'],
    [official, 'leads/lead', `?id=${known.first.id}`, 'Investor contacted'],
    [investor, 'leads/enquiry', '', 'No account needed'],
  ]) {
    await english(one.page, true)
    await at(one.page, `/packages/${route}/index`, query)
    await says(one.page, words)
    await look(one.page, `${route.replace('/', '-')}-en`, { whole: true })
    await english(one.page, false)
  }
})

await test('the administrator sets a day from tomorrow on; what holds today stays', async () => {
  const { page } = rival
  await page.evaluate(() => localStorage.clear())
  await byPassword(page, 'admin.system')
  await at(page, '/packages/leads/rules/index')
  await page.getByRole('button', { name: '修改 认定后可申请复核（天）' }).click()
  await fill(page, '新的数值', '20')
  await fill(page, '原因', '复核期限延长（示例）')
  await answer(page, '确定')
  await says(page, /起 20 · 复核期限延长（示例）/)
  await look(page, 'rules', { whole: true })
})

await test('the security administrator puts a negotiator into a task force', async () => {
  const { page } = rival
  const system = api(house, (await enter(house, 'admin.system')).access_token)
  const { person } = await system('POST', '/persons', { name: '示例谈判员', phone: '19000000066', roles: ['negotiator'] })
  await page.evaluate(() => localStorage.clear())
  await byPassword(page, 'admin.security')
  await at(page, '/packages/admin/person/index', `?id=${person.id}`)
  await page.getByRole('checkbox', { name: '现代服务业谈判专班' }).click()
  await press(page, '保存角色')
  await says(page, '角色已更新')
  const kept = await system('GET', `/persons/${person.id}`)
  must(kept.task_forces.join() === 'services', kept.task_forces.join())
  await english(page, true)
  await page.reload()
  await page.getByRole('checkbox', { name: 'Modern services', checked: true }).waitFor()
  await look(page, 'person-task-forces-en', { whole: true })
  await english(page, false)
})

await test('the task force ends an appointment early', async () => {
  const { page } = task
  await at(page, '/packages/leads/bringers/index')
  await press(page, '结束聘任')
  await page.locator('[role=dialog] textarea').last().fill('本人申请（示例）')
  await answer(page, '结束聘任')
  await says(page, '本人申请（示例）')
})
