// A talk is moved by both sides, a guest comes by a link, it is called off late, and who waits gets the time that frees up.
import { api, enter } from './house.mjs'
import { answer, at, browser, byPassword, byPhone, fill, house, inbox, look, must, otherwise, press, says, test } from './stage.mjs'

const investor = await browser()
const official = await browser()
const guest = await browser({ width: 320, height: 640, timezone: 'Europe/Berlin' })
const known = {}
const day = (n) => new Date(Date.now() + n * 864e5).toISOString().slice(0, 10)
const open = ({ page }) => at(page, '/packages/talks/booking/index', `?id=${known.talk.id}`)
const when = (time) => new Date(Date.parse(time) + 8 * 36e5).toISOString().slice(11, 16)

await test('an investor and an official hold to a time', async () => {
  known.system = api(house, (await enter(house, 'admin.system')).access_token)
  // Whatever is called off from now on is called off late.
  await known.system('POST', '/talks/settings', { name: 'cancel_notice', value: 720, effective_at: new Date(Date.now() + 500).toISOString(), reason: '示例：演示临时取消' })
  known.investorToken = await byPhone(investor.page, '19000000037')
  known.asInvestor = api(house, known.investorToken)
  known.asOfficial = api(house, await byPassword(official.page, 'datonghu.official'))
  const [slot] = (await known.asInvestor('GET', `/talks/slots?unit_id=430971&from=${day(3)}&to=${day(12)}`)).items
  const held = await known.asInvestor('POST', '/talks/holds', { unit_id: '430971', host_id: slot.host_id, starts_at: slot.starts_at, topic: '湖区稻虾加工项目', language: 'zh' })
  await known.asInvestor('POST', `/talks/bookings/${held.id}/confirmations`, {})
  known.talk = await known.asOfficial('POST', `/talks/bookings/${held.id}/confirmations`, {})
})

await test('the official proposes another time; the old one stands while the investor decides, who refuses', async () => {
  const { page } = official
  await open(official)
  await press(page, '提议改期')
  await page.getByRole('dialog').getByRole('radio').nth(3).click()
  await fill(page, '原因', '当天上午到市里开会')
  await look(page, 'booking-propose')
  await answer(page, '发出提议')
  await says(page, '您提议改期，等待对方答复')
  await look(page, 'booking-proposal-mine', { whole: true })
  await inbox(investor.page, '对方提议改期')
  await says(investor.page, '当天上午到市里开会')
  await says(investor.page, '已确认')
  await look(investor.page, 'booking-proposal-theirs', { whole: true })
  await press(investor.page, '不同意')
  await fill(investor.page, '原因', '那天已有航班')
  await answer(investor.page, '不同意')
  await investor.page.getByRole('dialog').waitFor({ state: 'detached' })
  await says(investor.page, '不同意改期')
  const stands = await known.asInvestor('GET', `/talks/bookings/${known.talk.id}`)
  must(stands.starts_at === known.talk.starts_at && !stands.proposal, JSON.stringify(stands.proposal))
})

await test('the investor proposes, the official agrees, and the history says from when to when', async () => {
  const { page } = investor
  await open(investor)
  await press(page, '提议改期')
  await page.getByRole('dialog').getByRole('radio').nth(2).click()
  await fill(page, '原因', '改乘早班高铁')
  await answer(page, '发出提议')
  await says(page, '您提议改期，等待对方答复')
  const asked = await known.asInvestor('GET', `/talks/bookings/${known.talk.id}`)
  await open(official)
  await otherwise(official.page, 'en', false, async () => {
    await says(official.page, 'Another time is proposed; please answer')
    await look(official.page, 'booking-proposal-en', { whole: true })
  })
  await open(official)
  await press(official.page, '同意改期')
  await answer(official.page, '同意改期')
  await official.page.getByRole('dialog').waitFor({ state: 'detached' })
  await says(official.page, `→`)
  await says(official.page, when(asked.proposal.to_starts_at))
  known.talk = await known.asOfficial('GET', `/talks/bookings/${known.talk.id}`)
  must(known.talk.starts_at === asked.proposal.to_starts_at, known.talk.starts_at)
  await look(official.page, 'booking-moved', { whole: true })
  await inbox(investor.page, '云洽谈已改期')
})

await test('a guest without an account comes by a link, is named so, and hears only what is said from then on', async () => {
  await known.asInvestor('POST', `/talks/bookings/${known.talk.id}/messages`, { client_id: 'before', body: '这句话只给双方看' })
  const { page } = official
  await open(official)
  await press(page, '邀请嘉宾')
  await answer(page, '生成链接')
  await says(page, '请填写嘉宾姓名')
  await fill(page, '嘉宾姓名', 'Anna Schmidt')
  await fill(page, '嘉宾邮箱', 'anna@example.com')
  await page.getByRole('dialog').getByRole('button', { name: 'English', exact: true }).click()
  await look(page, 'booking-invite')
  await answer(page, '生成链接')
  await says(page, '链接只显示这一次')
  known.link = (await page.getByTestId('web-link').innerText()).trim()
  await says(page, '也会发到 a***@example.com')
  await look(page, 'booking-guest-link')
  await answer(page, '完成')
  await says(page, '尚未打开')
  await says(page, '邮件')
  let letters = []
  for (let n = 0; n < 60 && !letters.length; n++) {
    await page.waitForTimeout(500)
    letters = await house.mails('anna@example.com')
  }
  must(letters[0]?.includes(known.link) && letters[0].includes('METHOD:REQUEST'), 'the guest was not mailed the link and the date')
  await guest.page.goto(known.link)
  await says(guest.page, 'Anna Schmidt')
  await guest.page.evaluate(() => localStorage.setItem('palm.language', JSON.stringify({ type: 'string', data: 'en' })))
  await guest.page.reload()
  await says(guest.page, 'You will be shown as')
  await look(guest.page, 'booking-guest', { whole: true })
  await press(guest.page, 'Enter the room')
  await says(guest.page, 'Please wait')
  await look(guest.page, 'booking-guest-lobby')
  await at(page, '/packages/talks/room/index', `?id=${known.talk.id}`)
  await press(page, '1 人等候进入')
  await says(page, 'Anna Schmidt')
  await look(page, 'booking-lobby')
  await answer(page, '发言')
  await says(guest.page, '2 here')
  await at(investor.page, '/packages/talks/room/index', `?id=${known.talk.id}`)
  await says(investor.page, 'Anna Schmidt · 嘉宾')
  await fill(guest.page, 'Type a message', 'Good morning to both of you.')
  await guest.page.getByRole('button', { name: 'Send', exact: true }).click()
  await says(investor.page, 'Good morning to both of you.')
  await fill(investor.page, '输入消息', '欢迎安娜。')
  await investor.page.getByRole('button', { name: '发送', exact: true }).click()
  await says(guest.page, '欢迎安娜。')
  const form = new FormData()
  form.set('client_id', 'plan')
  form.set('file', new Blob(['%PDF-1.7 plan'], { type: 'application/pdf' }), 'plan.pdf')
  const shared = await fetch(`${house.url}/api/v1/talks/bookings/${known.talk.id}/files`, {
    method: 'POST', headers: { Authorization: `Bearer ${known.investorToken}`, 'Idempotency-Key': 'plan' }, body: form,
  })
  must(shared.ok, `sharing: ${shared.status}`)
  const [opened] = await Promise.all([
    guest.page.waitForResponse((answer) => answer.url().includes('/talks/guest-files/')),
    guest.page.getByRole('button', { name: /plan\.pdf/ }).click(),
  ])
  must(opened.status() === 200, `the guest opens the file: ${opened.status()}`)
  must(await guest.page.getByText('这句话只给双方看').count() === 0, 'the guest hears what was said before')
  await look(guest.page, 'booking-guest-room')
  await look(investor.page, 'booking-room-with-guest')
})

await test('the link opens on no other device, and whoever is sent away has to leave', async () => {
  const other = await browser()
  await other.page.goto(known.link)
  await says(other.page, '已在另一台设备上打开')
  await look(other.page, 'booking-guest-used')
  await other.program.close()
  const { page } = official
  await open(official)
  await says(page, '已打开')
  await press(page, '撤回')
  await answer(page, '撤回')
  await says(page, '已撤回')
  await says(guest.page, 'You are not a participant in this talk.', { timeout: 30_000 })
})

await test('calling off so late is allowed, said before, and seen by both', async () => {
  const { page } = investor
  await open(investor)
  await press(page, '取消洽谈')
  await says(page, '会记为临时取消')
  await look(page, 'booking-late')
  await fill(page, '原因', '公司临时安排')
  await answer(page, '取消洽谈')
  await says(page, '客商临时取消')
  await open(official)
  await says(official.page, '客商临时取消')
  await says(official.page, '临时取消 1 次')
  await look(official.page, 'booking-late-seen', { whole: true })
})

await test('who finds no time joins the waiting list, and what frees up is kept for them', async () => {
  const hours = (await known.asOfficial('GET', '/talks/availabilities')).items.find((one) => one.week.length)
  const narrow = { version: hours.version, buffer_minutes: 0, notice_hours: 2, week: [], exceptions: [{ day: day(5), from_minute: 600, to_minute: 630, kind: 'open' }] }
  const put = await fetch(`${house.url}/api/v1/talks/availabilities/${hours.host_id}`, { method: 'PUT', headers: { 'Content-Type': 'application/json', 'Idempotency-Key': crypto.randomUUID(), Authorization: `Bearer ${(await enter(house, 'datonghu.official')).access_token}` }, body: JSON.stringify(narrow) })
  must(put.ok, await put.text())
  const other = api(house, (await enter(house, '19000000033')).access_token)
  const [slot] = (await other('GET', `/talks/slots?unit_id=430971&from=${day(1)}&to=${day(9)}`)).items
  const taken = await other('POST', '/talks/holds', { unit_id: '430971', host_id: slot.host_id, starts_at: slot.starts_at, topic: '先到一步', language: 'zh' })
  const { page } = investor
  await at(page, '/packages/talks/book/index', '?unit_id=430971')
  await says(page, '近期没有可约时段')
  await says(page, '没有合适的时段？')
  await look(page, 'booking-none', { whole: true })
  await press(page, '登记候补')
  await answer(page, '登记候补')
  await says(page, '请填写洽谈主题')
  await fill(page, '洽谈主题', '稻虾冷链加工')
  await look(page, 'booking-wish')
  await answer(page, '登记候补')
  await says(page, '您是下一位')
  await look(page, 'booking-waiting', { whole: true })
  await other('POST', `/talks/bookings/${taken.id}/cancellations`, { reason: '改为来访' })
  await inbox(page, '有空出的洽谈时段为您保留')
  await says(page, '稻虾冷链加工')
  await at(page, '/packages/talks/book/index', '?unit_id=430971')
  await says(page, '已保留时段')
  await otherwise(page, 'zh', true, async () => {
    await says(page, '已保留时段')
    await look(page, 'booking-offered-large', { whole: true })
  })
  await at(page, '/packages/talks/book/index', '?unit_id=430971')
  await press(page, '查看保留的时段')
  await press(page, '提交预约')
  await press(page, '确定')
  await says(page, '等待接待人确认')
  await look(page, 'booking-requested', { whole: true })
})

await test('the page of holidays warns of a year that is open for booking and not recorded', async () => {
  const { page } = official
  await at(page, '/packages/talks/holidays/index')
  await says(page, '2026 年')
  must(await page.getByText(/放假安排尚未录入/).count() === ((await api(house)('GET', '/talks/holidays')).missing_years.length ? 1 : 0), 'it warns by what the server knows')
  // The day is not the journey's to choose: the answer is that of a December.
  await page.route('**/api/v1/talks/holidays', async (route) => {
    const response = await route.fetch()
    await route.fulfill({ response, json: { ...(await response.json()), missing_years: [2031] } })
  })
  await at(page, '/packages/talks/holidays/index')
  await says(page, /可约日期已进入 2031 年/)
  await look(page, 'holidays-missing')
  await otherwise(page, 'en', true, async () => {
    await says(page, /open for booking reach into 2031/)
    await look(page, 'holidays-missing-en-large')
  })
  await page.unroute('**/api/v1/talks/holidays')
})
