// The room of a talk: two browsers see and hear each other, a third joins, one loses its connection and comes back;
// a guest waits, listens, speaks and is sent away; a screen is shared.
import { api } from './house.mjs'
import { answer, at, browser, byPassword, byPhone, fill, house, look, must, press, says, test } from './stage.mjs'

const investor = await browser({ line: true })
const official = await browser()
const deputy = await browser()
const guest = await browser({ width: 320, height: 640 })
const talk = {}

/** Keeps a hand on the page's connections, to read what they carry. */
for (const { page } of [investor, official, deputy, guest]) {
  await page.addInitScript(() => {
    const Native = window.RTCPeerConnection
    window.calls = []
    window.RTCPeerConnection = class extends Native {
      constructor(...given) {
        super(...given)
        window.calls.push(this)
      }
    }
  })
}

/** How many pictures of others the page has decoded, how many packets of sound came, and the energy in what was heard of them
 *  (silence has none, the made-up devices beep), one entry a live connection. */
const received = (page) => page.evaluate(async () => {
  const all = []
  for (const call of window.calls.filter((one) => one.connectionState === 'connected')) {
    const stats = [...(await call.getStats()).values()].filter((one) => one.type === 'inbound-rtp')
    const sum = (kind, what) => stats.filter((one) => one.kind === kind).reduce((n, one) => n + (one[what] ?? 0), 0)
    all.push({ frames: sum('video', 'framesDecoded'), packets: sum('audio', 'packetsReceived'), energy: sum('audio', 'totalAudioEnergy') })
  }
  return all
})

/** The colours in the picture that the page shows of somebody; a black one has one. */
const colours = (page, name) => page.evaluate((whose) => {
  const video = [...document.querySelectorAll('video')].find((one) => one.getAttribute('aria-label') === whose)
  if (!video?.videoWidth) return 0
  const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 48 })
  const brush = canvas.getContext('2d')
  brush.drawImage(video, 0, 0, 64, 48)
  const dots = brush.getImageData(0, 0, 64, 48).data
  const seen = new Set()
  for (let i = 0; i < dots.length; i += 4) seen.add(`${dots[i] >> 5},${dots[i + 1] >> 5},${dots[i + 2] >> 5}`)
  return seen.size
}, name)

async function until(what, truth, seconds = 40) {
  let last
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await new Promise((ok) => setTimeout(ok, 300))) {
    last = await truth()
    if (last === true) return
  }
  throw new Error(`${what}: ${JSON.stringify(last)}`)
}

/** Whether pictures and sound that is no silence have come by each of so many connections since an earlier look. */
const flows = (before, now, many) =>
  now.length === many && now.every((one, i) => one.frames > (before[i]?.frames ?? 0) && one.energy > (before[i]?.energy ?? 0))

/** Sees and hears so many others: as many live connections, each with pictures and sound that keep coming, and each name with a picture. */
async function sees({ page }, names) {
  await until(`sees ${names.join(' and ')}`, async () => {
    const before = await received(page)
    await new Promise((ok) => setTimeout(ok, 700))
    const now = await received(page)
    const shown = []
    for (const name of names) shown.push(await colours(page, name))
    return flows(before, now, names.length) && shown.every((n) => n > 3) ? true : { before, now, shown }
  })
}

async function join({ page }) {
  await press(page, '加入视频通话')
  await until('own picture', async () => (await colours(page, '我')) > 3)
  await says(page, '麦克风正常')
  await press(page, '加入')
  await page.getByRole('button', { name: '离开通话' }).waitFor()
}
const enter = ({ page }) => at(page, '/packages/talks/room/index', `?id=${talk.id}`)
const people = { investor: '陆嘉言', official: '罗静宜', deputy: '向北川' }
async function say({ page }, text) {
  await page.locator('[aria-label="输入消息"] textarea, textarea[aria-label="输入消息"]').fill(text)
  await page.getByRole('button', { name: '发送', exact: true }).click()
}

await test('an investor and an official have a talk that is confirmed', async () => {
  const asInvestor = api(house, await byPhone(investor.page, '19000000035'))
  const asOfficial = api(house, await byPassword(official.page, 'commerce.official'))
  await byPassword(deputy.page, 'commerce.deputy')
  const day = (n) => new Date(Date.now() + n * 864e5).toISOString().slice(0, 10)
  const slots = await asInvestor('GET', `/talks/slots?unit_id=commerce-bureau&from=${day(1)}&to=${day(9)}`)
  const { host_id, starts_at } = slots.items.find((slot) => slot.host_name === people.official)
  const held = await asInvestor('POST', '/talks/holds', { unit_id: 'commerce-bureau', host_id, starts_at, topic: '储能项目初谈', language: 'zh' })
  await asInvestor('POST', `/talks/bookings/${held.id}/confirmations`, {})
  await asOfficial('POST', `/talks/bookings/${held.id}/confirmations`, {})
  talk.id = held.id
  talk.asOfficial = asOfficial
})

await test('two browsers in one room see and hear each other', async () => {
  for (const side of [investor, official]) await enter(side)
  for (const side of [investor, official]) await says(side.page, '在线 2 人')
  await join(investor)
  await join(official)
  await sees(investor, [people.official])
  await sees(official, [people.investor])
  await look(investor.page, 'room-call')
})

await test('a third who comes later sees both and is seen by both', async () => {
  await enter(deputy)
  await says(deputy.page, '在线 3 人')
  await join(deputy)
  await sees(deputy, [people.investor, people.official])
  await sees(investor, [people.official, people.deputy])
  await sees(official, [people.investor, people.deputy])
  await look(deputy.page, 'room-three')
})

await test('a camera that is turned off is said to be off, and shown again when it is on', async () => {
  await press(deputy.page, '关闭摄像头')
  await says(investor.page, '摄像头已关闭')
  await until('no picture of the deputy', async () => (await colours(investor.page, people.deputy)) <= 1)
  await press(deputy.page, '打开摄像头')
  await investor.page.getByText('摄像头已关闭').waitFor({ state: 'detached' })
  await sees(investor, [people.official, people.deputy])
})

await test('a connection cut for ten seconds: nothing is missing, nothing stands twice, the picture comes back', async () => {
  await say(investor, '断线前')
  await says(official.page, '断线前')
  await investor.cut()
  await says(investor.page, '连接已断开')
  await look(investor.page, 'room-cut')
  for (const n of [1, 2, 3]) await say(official, `断线期间第${n}句`)
  await says(deputy.page, '断线期间第3句')
  await say(investor, '断线时写的')
  await new Promise((ok) => setTimeout(ok, 10000))
  await investor.mend()
  for (const side of [investor, official, deputy]) {
    await side.page.getByText('断线时写的').first().waitFor({ timeout: 45000 })
    for (const line of ['断线前', '断线期间第1句', '断线期间第2句', '断线期间第3句', '断线时写的']) {
      await side.page.getByText(line, { exact: true }).first().waitFor({ timeout: 30000 })
      const count = await side.page.getByText(line, { exact: true }).count()
      must(count === 1, `"${line}" stands ${count} times`)
    }
  }
  await sees(investor, [people.official, people.deputy])
  await sees(official, [people.investor, people.deputy])
  await sees(deputy, [people.investor, people.official])
  for (const side of [investor, official, deputy]) await says(side.page, '在线 3 人')
})

await test('each who leaves the call is no longer shown and comes back, and who leaves the room is no longer here', async () => {
  const all = { deputy, investor, official }
  for (const who of Object.keys(all)) {
    const others = Object.keys(all).filter((one) => one !== who)
    await press(all[who].page, '离开通话')
    for (const one of others) await sees(all[one], others.filter((other) => other !== one).map((other) => people[other]))
    await says(all[who].page, '在线 3 人')
    must((await received(all[who].page)).length === 0, `${who} is still connected`)
    await join(all[who])
    for (const one of Object.keys(all)) await sees(all[one], Object.keys(all).filter((other) => other !== one).map((other) => people[other]))
  }
  await deputy.program.close()
  await says(investor.page, '在线 2 人')
  await sees(investor, [people.official])
  const here = await investor.page.locator('.here').innerText()
  must(here.includes(people.investor) && here.includes(people.official) && !here.includes(people.deputy), here)
})

await test('a screen is shared by one at a time, and the camera comes back after it', async () => {
  await press(investor.page, '共享屏幕')
  await says(investor.page, '您共享的屏幕')
  await until('the screen', async () => (await colours(official.page, `${people.investor}的屏幕`)) > 1)
  must(await official.page.getByRole('button', { name: '共享屏幕', exact: true }).count() === 0, 'a second screen is offered')
  await look(official.page, 'room-screen')
  await press(investor.page, '停止共享')
  await sees(official, [people.investor])
  await press(official.page, '共享屏幕')
  await until('the other screen', async () => (await colours(investor.page, `${people.official}的屏幕`)) > 1)
  await press(official.page, '停止共享')
  await sees(investor, [people.official])
})

await test('the network is put into words', async () => {
  await says(investor.page, /网络良好|延迟较大|可能断续/)
})

await test('a guest waits until a host lets them listen: they see and hear, and send nothing', async () => {
  const { link } = await talk.asOfficial('POST', `/talks/bookings/${talk.id}/guests`, { name: '安娜', language: 'zh' })
  await guest.page.goto(link)
  await press(guest.page, '进入洽谈室')
  await says(guest.page, '请稍候')
  await look(guest.page, 'room-lobby')
  await press(official.page, '1 人等候进入')
  await says(official.page, '到场记录')
  await look(official.page, 'room-people')
  await answer(official.page, '旁听')
  await says(guest.page, '在线 3 人')
  await answer(official.page, '关闭')
  for (const time of ['first', 'again']) {
    await press(guest.page, '加入旁听')
    await until(`the guest sees and hears both, ${time}`, async () => {
      const before = await received(guest.page)
      await new Promise((ok) => setTimeout(ok, 700))
      const now = await received(guest.page)
      return flows(before, now, 2) ? true : { before, now }
    })
    for (const { page } of [investor, official]) {
      await until('nothing comes from a listener', async () => {
        const now = await received(page)
        return now.length === 2 && now.filter((one) => one.frames === 0 && one.packets === 0).length === 1 ? true : now
      })
    }
    if (time === 'again') break
    await press(guest.page, '离开通话')
    await sees(investor, [people.official])
    await sees(official, [people.investor])
  }
  await look(guest.page, 'room-listener')
})

await test('a raised hand is seen, and whoever is given the floor is seen and heard', async () => {
  await press(guest.page, '举手申请发言')
  await says(official.page, '安娜 · 嘉宾 · 旁听 · 举手')
  await press(official.page, '1 人举手')
  await answer(official.page, '发言')
  await says(guest.page, '您现在可以发言')
  await answer(official.page, '关闭')
  await join(guest)
  await sees(guest, [people.investor, people.official])
  await sees(official, [people.investor, '安娜'])
  await sees(investor, [people.official, '安娜'])
})

await test('the second line of words is for the interpreter', async () => {
  await press(guest.page, '传译')
  await say(guest, 'The land is level.')
  const other = investor.page.getByRole('button', { name: /^传译 ?1$/ })
  await other.waitFor()
  must(await investor.page.getByText('The land is level.').count() === 0, 'it stands in the first line')
  await other.click()
  await says(investor.page, 'The land is level.')
  await look(investor.page, 'room-interpreter')
  await press(investor.page, '会场')
})

await test('a host mutes all, reads who was here, and sends a guest away with a reason', async () => {
  await press(official.page, '人员管理')
  await answer(official.page, '全员静音')
  for (const { page } of [investor, guest]) await page.getByRole('button', { name: '打开麦克风' }).first().waitFor()
  must(await official.page.getByRole('button', { name: '关闭麦克风' }).count() === 1, 'the host is muted too')
  const record = await official.page.getByTestId('attendance').allInnerTexts()
  for (const name of [people.investor, people.official, people.deputy, '安娜']) must(record.some((line) => line.includes(name)), `${name}: ${record}`)
  must(record.some((line) => line.includes(people.deputy) && line.includes('离开或断线')), String(record))
  await look(official.page, 'room-attendance')
  await answer(official.page, '请其离开')
  await answer(official.page, '请其离开')
  await says(official.page, '请填写原因')
  await fill(official.page, '原因', '本场只谈用地')
  await answer(official.page, '请其离开')
  await says(guest.page, '主持人已请您离开')
  await says(guest.page, '本场只谈用地')
  await look(guest.page, 'room-sent-away')
  await says(official.page, '在线 2 人')
})
