// From a site on the map to a signed agreement that the verify page accepts: an investor and an official, step by step.
import { spawnSync } from 'node:child_process'
import { api, enter, freshTotp, people } from './house.mjs'
import { answer, at, browser, byPassword, byPhone, choose, chooseDay, draw, fill, give, house, look, must, opened, press, readWords, says, test } from './stage.mjs'

const investor = await browser()
const official = await browser()
const visitor = await browser()
const known = {}
const id = (page) => new URL(page.url().replace('#', '')).searchParams.get('id')
const gone = (page, words) => page.getByText(words).first().waitFor({ state: 'detached' })

/** Holds the nth open time and asks for it. */
async function ask(page, topic, nth) {
  await page.getByRole('radio').nth(nth).click()
  await fill(page, '洽谈主题', topic)
  await press(page, '锁定时段')
  await says(page, '时段已为您保留')
  await press(page, '提交预约')
  await says(page, '等待接待人确认')
  return id(page)
}
async function fromInbox(page, title, topic) {
  await at(page, '/packages/notifications/list/index')
  await page.getByRole('link', { name: new RegExp(title) }).first().click()
  await says(page, topic)
}

await test('an investor signs in by phone, an official by password and second factor; a wrong number is told at once', async () => {
  const { page } = investor
  await at(page, '/packages/auth/sign-in/index')
  await fill(page, '手机号码', '123')
  await press(page, '获取验证码')
  await says(page, '请输入 11 位手机号码')
  await fill(page, '手机号码', '19000000035')
  await press(page, '获取验证码')
  await says(page, '请先阅读并勾选隐私政策')
  await byPhone(page, '19000000035')
  await at(page, '/pages/mine/index')
  await says(page, '陆嘉言')
  await look(page, 'mine')
  known.official = await byPassword(official.page, 'heshan.official')
})

await test('the investor asks about a site, holds a time and confirms; what is missing is said', async () => {
  const { page } = investor
  const sites = await (await fetch(`${house.url}/api/v1/map/sites?unit_id=430903&kind=parcel&limit=1`)).json()
  await at(page, '/packages/map/site/index', `?id=${sites.items[0].id}`)
  await press(page, '咨询此处')
  await says(page, '可约时段')
  await page.getByRole('radio').first().waitFor()
  await press(page, '锁定时段')
  await says(page, '请填写洽谈主题')
  await says(page, '请先选择时段')
  await look(page, 'book')
  known.booking = await ask(page, '食品厂房选址', 1)
  await look(page, 'booking')
})

await test('the official finds it in the inbox and proposes another time with a reason; the investor agrees', async () => {
  const { page } = official
  await fromInbox(page, '洽谈', '食品厂房选址')
  await says(page, '客商正在等待您的答复')
  await press(page, '提议改期')
  await page.getByRole('dialog').getByRole('radio').nth(2).click()
  await answer(page, '发出提议')
  await says(page, '请填写原因')
  await fill(page, '原因', '当日上午有会')
  await look(page, 'move')
  await answer(page, '发出提议')
  await says(page, '您提议改期，等待对方答复')
  await fromInbox(investor.page, '对方提议改期', '当日上午有会')
  await press(investor.page, '同意改期')
  await answer(investor.page, '同意改期')
  await says(investor.page, '已确认')
  await fromInbox(page, '云洽谈已改期', '当日上午有会')
})

await test('a second request is declined with a reason, a third is confirmed', async () => {
  const sites = await (await fetch(`${house.url}/api/v1/map/sites?unit_id=430903&kind=factory_building&limit=1`)).json()
  for (const [topic, nth] of [['仓储用房', 0], ['冷链用房', 1]]) {
    await at(investor.page, '/packages/talks/book/index', `?site_id=${sites.items[0].id}`)
    known[topic] = await ask(investor.page, topic, nth)
  }
  await at(official.page, '/packages/talks/booking/index', `?id=${known['仓储用房']}`)
  await press(official.page, '婉拒')
  await fill(official.page, '原因', '该厂房已出租')
  await answer(official.page, '婉拒')
  await says(official.page, '已婉拒')
  await at(official.page, '/packages/talks/booking/index', `?id=${known['冷链用房']}`)
  await press(official.page, '确认洽谈')
  await press(official.page, '确定')
  await says(official.page, '已确认')
  await fromInbox(investor.page, '云洽谈未能安排', '该厂房已出租')
  await fromInbox(investor.page, '云洽谈已确认', '冷链用房')
  const calendar = await opened(investor.page, '/calendar.ics', () => investor.page.getByText('加入日历').click())
  must(calendar.toString().startsWith('BEGIN:VCALENDAR'), calendar.toString().slice(0, 80))
  await at(investor.page, '/packages/notifications/list/index')
  await look(investor.page, 'inbox')
})

await test('a file that one shares in the room is opened by the other', async () => {
  for (const side of [investor, official]) await at(side.page, '/packages/talks/room/index', `?id=${known.booking}`)
  await says(investor.page, '在线 2 人')
  const plan = Buffer.from('%PDF-1.4\n% 厂房平面\n')
  await give(investor.page, { name: '厂房平面.pdf', mimeType: 'application/pdf', buffer: plan }, () => investor.page.getByRole('button', { name: '发送文件' }).click())
  await says(official.page, '厂房平面.pdf')
  const got = await opened(official.page, '/files/', () => official.page.getByRole('button', { name: '打开文件 厂房平面.pdf' }).click())
  must(got.equals(plan), `the file has ${got.length} bytes`)
  await look(official.page, 'room-file')
})

await test('the official writes the minutes with what follows and sends them; the investor confirms and reads them', async () => {
  const { page } = official
  await at(page, '/packages/talks/booking/index', `?id=${known.booking}`)
  await page.getByText('整理纪要').click()
  await says(page, '洽谈摘要')
  await press(page, '发给客商确认')
  await says(page, '请填写洽谈摘要')
  await fill(page, '洽谈摘要', '双方就选址交换意见。')
  await fill(page, '共识 1', '下周实地考察')
  await press(page, '添加一项')
  await fill(page, '事项 1', '寄送地块资料')
  const due = new Date(Date.now() + 9 * 864e5).toISOString().slice(0, 10)
  await chooseDay(page, '完成时限', due)
  await press(page, '发给客商确认')
  await answer(page, '发给客商确认')
  await says(page, '等待客商确认')
  await fromInbox(investor.page, '洽谈纪要请您确认', '食品厂房选址')
  await investor.page.getByText('待您确认').click()
  for (const words of ['双方就选址交换意见。', '下周实地考察', '寄送地块资料']) await says(investor.page, words)
  await press(investor.page, '确认纪要')
  await answer(investor.page, '确认纪要')
  await says(investor.page, '双方已确认同一版本')
  await look(investor.page, 'minutes')
})

await test('from the talk the official opens a project; a wrong credit code is named at its field', async () => {
  const { page } = official
  await at(page, '/packages/talks/booking/index', `?id=${known.booking}`)
  await page.getByText('据此立项').click()
  await says(page, '来自洽谈')
  await press(page, '立项')
  await says(page, '请填写项目名称')
  await fill(page, '项目名称', '食品厂房示例项目')
  await fill(page, '投资企业', '示例食品有限公司')
  await choose(page, '所属产业', '食品加工')
  await fill(page, '意向投资额（万元）', '5000')
  await fill(page, '统一社会信用代码', '91430900MA4L0000X0')
  await press(page, '立项')
  await page.locator('.field.wrong').getByText('信用代码').first().waitFor()
  await look(page, 'open-project')
  await fill(page, '统一社会信用代码', '')
  await press(page, '立项')
  await says(page, '阶段记录')
  await says(page, '在谈')
  known.project = id(page)
  await look(page, 'project')
})

await test('the official fills the agreement, sees its PDF and sends it to be signed', async () => {
  const { page } = official
  await press(page, '起草协议')
  await says(page, '投资合作框架协议')
  await press(page, '保存草稿')
  await says(page, '请填写合作内容')
  await fill(page, '项目选址', '赫山区示例地块')
  await fill(page, '用地（用房）面积（平方米）', '20000')
  await fill(page, '合作内容', '建设食品厂房。')
  await fill(page, '政府支持与服务', '协助办理手续。')
  await fill(page, '有效期（月）', '12')
  await fill(page, '签署地点', '益阳市')
  await chooseDay(page, '计划开工日期', '2028-03-01')
  await chooseDay(page, '计划投产日期', '2027-03-01')
  await press(page, '保存草稿')
  await page.locator('.field.wrong', { hasText: '计划投产日期' }).waitFor()
  await look(page, 'draft')
  await chooseDay(page, '计划投产日期', '2029-03-01')
  await press(page, '保存草稿')
  await says(page, '签约方')
  known.agreement = id(page)
  const pdf = await opened(page, '/document', () => press(page, '预览正文'))
  must(pdf.subarray(0, 5).toString() === '%PDF-' && pdf.length > 20000, `the PDF has ${pdf.length} bytes`)
  await press(page, '发送签署')
  await answer(page, '发送签署')
  await says(page, '各方正在依次签署')
  await look(page, 'agreement')
})

async function prepare(page, phone) {
  await at(page, '/packages/signings/agreement/index', `?id=${known.agreement}`)
  await press(page, '阅读并签署')
  await press(page, '签署')
  await says(page, '请先读完全文并确认')
  await page.getByRole('button', { name: /^我已阅读全文/ }).click()
  await says(page, /还有 \d+ 段没有读到/)
  await opened(page, '/document', () => press(page, '打开文件'))
  await readWords(page)
  await press(page, '获取验证码')
  await says(page, '验证码已发送至')
  return house.code(phone)
}

await test('the investor reads, proves who he is by a code, writes by hand and signs; a wrong code is refused', async () => {
  const { page } = investor
  const code = await prepare(page, '19000000035')
  await fill(page, '短信验证码', code === '000000' ? '111111' : '000000')
  await press(page, '签署')
  await says(page, '请手写签名，或输入姓名')
  await draw(page, '#ink')
  await press(page, '签署')
  await says(page, '请勾选同意')
  await page.getByRole('checkbox').click()
  await press(page, '签署')
  await says(page, '签署验证码不正确')
  await look(page, 'sign')
  await fill(page, '短信验证码', code)
  await press(page, '签署')
  await says(page, '已签署')
})

await test('the official, who does not draw, types the name and signs; the agreement is complete', async () => {
  const { page } = official
  const code = await prepare(page, '19000000001')
  await fill(page, '短信验证码', code)
  await page.getByRole('tab', { name: '输入姓名' }).click()
  await fill(page, '签署人姓名', '谭沁云')
  await page.getByRole('checkbox').click()
  await press(page, '签署')
  await says(page, '请输入 6 位动态口令')
  const right = await freshTotp(people.find((one) => one.login === 'heshan.official'))
  await fill(page, '动态口令', right === '000000' ? '111111' : '000000')
  await press(page, '签署')
  await says(page, '动态码不正确或已用过')
  await look(page, 'sign-second-factor')
  await fill(page, '动态口令', right)
  await look(page, 'sign-by-name')
  await press(page, '签署')
  await says(page, '各方均已签署')
  await look(page, 'agreement-completed')
  known.signed = await opened(page, '/document', () => press(page, '打开文件'))
  await press(page, '查看存证')
  await says(page, '记录首尾相连')
  await look(page, 'evidence')
})

await test('anyone gives the file to the verify page: accepted, and a bent one is refused', async () => {
  const { page } = visitor
  await at(page, '/packages/signings/verify/index')
  const judge = (buffer, words) => give(page, { name: '协议.pdf', mimeType: 'application/pdf', buffer }, () => page.getByRole('button', { name: words }).click())
  await judge(known.signed, '选择 PDF 文件')
  await says(page, '签名有效')
  await says(page, '最终版本')
  await look(page, 'verify-valid')
  const bent = Buffer.from(known.signed)
  bent[Math.floor(bent.length / 3)] ^= 1
  await judge(bent, '另选文件')
  await page.getByText(/文件在签署后被改动|无法读取文件/).first().waitFor()
  await gone(page, '签名有效')
  await look(page, 'verify-bent')
})

await test('every page of the WeChat build boots against the real program', async () => {
  const consultant = api(house, (await enter(house, '19000000034')).access_token)
  const { lead } = await consultant('POST', '/leads', { enterprise_name: '示例包装有限公司', contact_name: '周示例', contact_phone: '19000000087', industry: 'food', intention: '拟建包装车间。' })
  const force = api(house, (await enter(house, 'taskforce.two')).access_token)
  await force('POST', `/leads/${lead.id}/handovers`, { unit_id: '430903' })
  const site = (await (await fetch(`${house.url}/api/v1/map/sites?kind=park&limit=1`)).json()).items[0]
  const guide = (await (await fetch(`${house.url}/api/v1/content/pages?kind=guide`)).json()).items[0]
  const held = await official.page.evaluate(() => {
    const kept = JSON.parse(localStorage.getItem('palm.tokens'))
    return kept.data ?? kept
  })
  const booking = { id: known.booking }
  const agreement = { id: known.agreement }
  const queries = {
    'packages/map/site/index': { id: site.id },
    'packages/content/page/index': { slug: guide.slug },
    'packages/talks/booking/index': booking, 'packages/talks/room/index': booking, 'packages/talks/minutes/index': booking,
    'packages/projects/project/index': { id: known.project },
    'packages/signings/agreement/index': agreement, 'packages/signings/sign/index': agreement, 'packages/signings/evidence/index': agreement,
    'packages/leads/lead/index': { id: lead.id }, 'packages/leads/receipt/index': { id: lead.id },
    'packages/admin/person/index': { id: held.me.person_id },
  }
  const booted = spawnSync('node', ['wechat-check/boot.cjs', 'dist/build/mp-weixin'], {
    cwd: new URL('../../miniprogram', import.meta.url), encoding: 'utf8',
    env: { ...process.env, PALM_BACKEND: house.url, PALM_SESSION: JSON.stringify(held), PALM_QUERIES: JSON.stringify(queries) },
  })
  const said = booted.stdout.split('\n')
  must(booted.status === 0, said.filter((line, n) => /FAIL/.test(line) || /FAIL/.test(said[n - 1] ?? '')).join('\n') || booted.stderr)
  console.log(`     ${said.at(-2)}`)
})
