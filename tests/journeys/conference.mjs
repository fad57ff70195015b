// A talk held at a service outside, at Tencent Meeting and then at LiveKit: the official arranges it, both sides see the way in,
// a guest too where each has a pass, the service reports, and it is called off.
import { api } from './house.mjs'
import { answer, at, browser, byPassword, byPhone, house, look, must, press, says, test } from './stage.mjs'

const investor = await browser()
const official = await browser()
const guest = await browser({ width: 320, height: 640 })
const talk = {}
const open = ({ page }) => at(page, '/packages/talks/booking/index', `?id=${talk.id}`)
const card = ({ page }) => page.getByTestId('conference')
const told = (event) => house.standin('/meetings/webhooks', {
  url: `${house.url}/callbacks/tencent-meeting`, token: 'standinMeetingWebhook0000', key: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG', event,
})

/** Looks again until the page says it: a worker does what was asked for in a moment. */
async function until(side, words) {
  for (let i = 0; i < 20; i++) {
    await open(side)
    await says(side.page, '冷链项目视频会议')
    if (await side.page.getByText(words).first().waitFor({ timeout: 2000 }).then(() => true, () => false)) return
  }
  throw new Error(`${words} is not shown`)
}
/** Presses what leads outside, and gives what the tab says that opens. */
async function outside({ page, context }, words) {
  const [tab] = await Promise.all([context.waitForEvent('page'), press(page, words)])
  await tab.getByText('STAND-IN').waitFor()
  const said = await tab.innerText('body')
  await tab.close()
  return said
}
const rooms = async () => (await fetch(`${house.standins}/livekit/rooms`)).json()

await test('a talk is booked and confirmed, and the official arranges a meeting for it', async () => {
  const asInvestor = api(house, await byPhone(investor.page, '19000000035'))
  const asOfficial = api(house, await byPassword(official.page, 'commerce.official'))
  const day = (n) => new Date(Date.now() + n * 864e5).toISOString().slice(0, 10)
  const slots = await asInvestor('GET', `/talks/slots?unit_id=commerce-bureau&from=${day(1)}&to=${day(9)}`)
  const { host_id, starts_at } = slots.items[0]
  const held = await asInvestor('POST', '/talks/holds', { unit_id: 'commerce-bureau', host_id, starts_at, topic: '冷链项目视频会议', language: 'zh' })
  await asInvestor('POST', `/talks/bookings/${held.id}/confirmations`, {})
  await asOfficial('POST', `/talks/bookings/${held.id}/confirmations`, {})
  talk.id = held.id
  const { guest, link } = await asOfficial('POST', `/talks/bookings/${held.id}/guests`, { name: '示例旁听', language: 'zh' })
  await asOfficial('POST', `/talks/bookings/${held.id}/guest-seatings`, { guest_id: guest.id, place: 'listener' })
  talk.guest = link
  await open(official)
  await says(official.page, '人多时可另行安排会议')
  await look(official.page, 'conference-offer', { whole: true })
  await press(official.page, '安排腾讯会议')
  await says(official.page, '正在创建会议')
})

await test('a moment later both sides see its number and the way in', async () => {
  for (const side of [official, investor]) await until(side, '进入腾讯会议')
  must((await card(investor).getByRole('button', { name: /^复制会议号 \d{9}$/ }).count()) === 1, 'the number can be copied')
  must((await investor.page.getByRole('button', { name: '取消腾讯会议' }).count()) === 0, 'an investor does not call it off')
  await look(investor.page, 'conference-open', { whole: true })
  await investor.page.setViewportSize({ width: 320, height: 640 })
  await look(investor.page, 'conference-open-320', { whole: true })
})

await test('a guest whom the host has admitted sees the way in too', async () => {
  await guest.page.goto(talk.guest)
  await says(guest.page, '本场洽谈已安排腾讯会议，会议号')
  await guest.page.getByRole('button', { name: '进入腾讯会议' }).waitFor()
  await look(guest.page, 'conference-guest-meeting-320', { whole: true })
  await guest.page.evaluate(() => localStorage.setItem('palm.language', JSON.stringify({ type: 'string', data: 'en' })))
  await guest.page.reload()
  await says(guest.page, 'is arranged for this talk, number')
  await look(guest.page, 'conference-guest-meeting-320-en', { whole: true })
  await guest.page.evaluate(() => localStorage.setItem('palm.language', JSON.stringify({ type: 'string', data: 'zh' })))
})

await test('what the service reports is shown as its own account', async () => {
  const meetings = await (await fetch(`${house.standins}/meetings`)).json()
  const info = meetings.find((one) => one.subject.includes('冷链项目视频会议'))
  const event = (id, name, at) => ({ event: name, trace_id: id, payload: [{ operate_time: at, operator: { userid: 'u', user_name: '示例与会者' }, meeting_info: { meeting_id: info.meeting_id } }] })
  const now = Date.now()
  await told(event('j2', 'meeting.participant-joined', now + 1000))
  await told(event('j1', 'meeting.started', now))
  await open(official)
  await says(official.page, '由会议系统提供')
  await says(official.page, '示例与会者')
  await look(official.page, 'conference-reports', { whole: true })
})

await test('the official calls it off after being asked; the talk stands', async () => {
  await press(official.page, '取消腾讯会议')
  await says(official.page, '会议将关闭，双方无法再进入')
  await look(official.page, 'conference-end')
  await answer(official.page, '取消腾讯会议')
  for (let i = 0; i < 20; i++) {
    await open(investor)
    await says(investor.page, '冷链项目视频会议')
    if ((await investor.page.getByText('进入腾讯会议').count()) === 0) break
  }
  must((await investor.page.getByText('进入腾讯会议').count()) === 0, 'no way in is shown any more')
  await says(investor.page, '进入洽谈室')
})

await test('for many the official arranges a room at the media server, which both sides enter by a pass of their own', async () => {
  await until(official, '安排多人会议室')
  await press(official.page, '安排多人会议室')
  await says(official.page, '正在创建会议')
  for (const side of [official, investor]) await until(side, '进入多人会议室')
  must((await card(investor).getByRole('button', { name: /复制会议号/ }).count()) === 0, 'a room of this kind has no number')
  await look(official.page, 'conference-room', { whole: true })
  const said = await outside(investor, '进入多人会议室')
  must(said.includes('speaks'), `the investor speaks: ${said}`)
  must((await outside(official, '进入多人会议室')).includes('speaks'), 'the official speaks')
  const [room] = await rooms()
  must(Object.values(room.people).filter((one) => one.moderates).length === 1, 'the official alone moderates')
})

await test('a guest by link watches and listens', async () => {
  // From elsewhere, so that the page starts anew.
  await guest.page.goto('about:blank')
  await guest.page.goto(talk.guest)
  await says(guest.page, '本场洽谈已安排多人会议室')
  await look(guest.page, 'conference-guest-320', { whole: true })
  const said = await outside(guest, '进入多人会议室')
  must(said.includes('示例旁听') && said.includes('listens'), `the guest listens: ${said}`)
})

await test('who came is shown as the media server tells it, and with the room everybody has to leave', async () => {
  await open(official)
  await says(official.page, '多人会议室的记录（由会议系统提供')
  must((await card(official).innerText()).includes('示例旁听'), 'the guest is in what the media server tells')
  await look(official.page, 'conference-room-reports', { whole: true })
  await official.page.setViewportSize({ width: 320, height: 640 })
  await look(official.page, 'conference-room-320', { whole: true })
  await press(official.page, '取消多人会议室')
  await says(official.page, '会议将关闭，双方无法再进入')
  await answer(official.page, '取消多人会议室')
  for (let i = 0; i < 20 && (await rooms()).length; i++) await official.page.waitForTimeout(500)
  must((await rooms()).length === 0, 'the room is closed at the media server')
  await open(investor)
  await says(investor.page, '进入洽谈室')
  must((await investor.page.getByText('进入多人会议室').count()) === 0, 'no way in is shown any more')
})
