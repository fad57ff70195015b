// Leads: consultant, task force, county and investor, from a submission through a cut network to a credit slip.
import { api } from './house.mjs'
import { answer, at, browser, byPassword, byPhone, choose, fill, give, house, look, must, otherwise, says, test } from './stage.mjs'

const consultant = await browser()
const rival = await browser()
const task = await browser()
const official = await browser()
const investor = await browser()
const known = {}

const english = (page, on) => page.evaluate((to) => localStorage.setItem('palm.language', JSON.stringify({ type: 'string', data: to })), on ? 'en' : 'zh')
const press = (page, name) => page.getByRole('button', { name, exact: true }).first().click()
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

await test('the task force screens and hands over, the county accepts and records a contact', async () => {
  const force = api(house, known.task)
  await at(task.page, '/packages/leads/lead/index', `?id=${known.first.id}`)
  await press(task.page, '研判')
  await write(task.page, '契合竹产业主链。')
  await look(task.page, 'lead-screening')
  await task.page.locator('[role=dialog]').getByRole('button', { name: '确定', exact: true }).click()
  await says(task.page, '先进制造业谈判专班')
  await force('POST', `/leads/${known.first.id}/handovers`, { unit_id: '430903' })
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
  await look(page, 'confirm')
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

await test('anyone leaves word without an account or a network, and keeps a receipt that others can check', async () => {
  const { page, context } = investor
  await at(page, '/packages/leads/enquiry/index')
  await says(page, '无需注册')
  await look(page, 'enquiry')
  known.word = '上海竹笋食品有限公司（示例）'
  await fill(page, '企业名称', known.word)
  await fill(page, '您的姓名', '郑示例')
  await fill(page, '您的手机号', '19000000096')
  await choose(page, '所属产业', '竹产业')
  await fill(page, '投资意向', '拟建竹笋加工厂。')
  await otherwise(page, 'en', true, async () => {
    await page.locator('[aria-label="Enterprise name"] input').first().waitFor()
    must((await page.locator('[aria-label="Enterprise name"] input').first().inputValue()) === known.word, 'the draft is gone')
  })
  await page.reload()
  await page.getByRole('button', { name: '所属产业 竹产业' }).waitFor()
  await context.setOffline(true)
  await press(page, '提交线索')
  await says(page, '已保存在本机，尚未送达')
  await look(page, 'enquiry-queued')
  await context.setOffline(false)
  await says(page, '已收到，感谢您关注益阳')
  await says(page, '扫码打开核验页')
  await page.getByRole('button', { name: '打印', exact: true }).waitFor()
  await look(page, 'enquiry-receipt', { whole: true })
  const all = (await api(house, known.task)('GET', '/leads?limit=100')).items.filter((one) => one.enterprise_name === known.word)
  must(all.length === 1, `registered ${all.length} times`)
  known.enquiry = all[0]
  await says(page, known.enquiry.number)
})

await test('the task force attaches a photo to it, and a person looks at words that WeChat cannot judge', async () => {
  const { page } = task
  await at(page, '/packages/leads/lead/index', `?id=${known.enquiry.id}`)
  const photo = { name: '来函.jpg', mimeType: 'image/jpeg', buffer: Buffer.concat([Buffer.from('ffd8ffe0', 'hex'), Buffer.from(' a letter')]) }
  await give(page, photo, () => press(page, '添加照片'))
  await says(page, '来函.jpg')
  await look(page, 'lead-attached', { whole: true })
  const guard = (await browser()).page
  await byPassword(guard, 'admin.security')
  await at(guard, '/packages/admin/checks/index')
  await says(guard, '公开表单')
  await guard.getByRole('button', { name: /^隐藏 上海竹笋食品/ }).click()
  await guard.getByRole('dialog').locator('input, textarea').fill('示例')
  await answer(guard, '隐藏')
  await guard.getByRole('dialog').waitFor({ state: 'detached' })
  await page.reload()
  await says(page, '内容未通过内容安全检查，已隐藏')
  await english(page, true)
  await page.reload()
  await says(page, 'Hidden: the words did not pass the content check')
  await english(page, false)
})

await test('a consultant sees the appointment', async () => {
  const force = api(house, known.task)
  const new_ = { kind: 'chamber', name: '上海益阳商会（示例）', phone: '19000000032', region: '上海', begins_on: '2026-01-01', ends_on: '2028-12-31' }
  const appointment = await force('POST', '/leads/appointments', new_)
  await force('POST', `/leads/appointments/${appointment.id}/records`, { kind: 'thanks', held_on: '2026-06-01', title: '感谢牵线（示例）' })
  await at(consultant.page, '/packages/leads/bringers/index')
  await says(consultant.page, '上海益阳商会（示例）')
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

await test('the task force ends an appointment early', async () => {
  const { page } = task
  await at(page, '/packages/leads/bringers/index')
  await press(page, '结束聘任')
  await page.locator('[role=dialog] textarea').last().fill('本人申请（示例）')
  await answer(page, '结束聘任')
  await says(page, '本人申请（示例）')
})
