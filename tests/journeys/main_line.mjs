// From the map to a signed agreement: the investor, the official, the consultant and the task force.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { api } from './house.mjs'
import { at, browser, byPassword, byPhone, house, look, must, says, shots, test } from './stage.mjs'

const visitor = await browser()
const known = {}

await test('anyone sees the map with its outlines, filters it, and a link restores the filter', async () => {
  const { page } = visitor
  await at(page, '/')
  await says(page, '招商地图')
  await look(page, 'home')
  await at(page, '/pages/map/index')
  await says(page, 'GS(2024)0650')
  await look(page, 'map')
  const all = await (await fetch(`${house.url}/api/v1/map/sites?limit=200`)).json()
  must(all.total >= 49, `only ${all.total} sites`)
  await at(page, '/pages/map/index', '?kind=factory_building')
  await page.reload()
  await says(page, '示例')
  must(page.url().includes('kind=factory_building'), `the filter is not in ${page.url()}`)
})

await test('anyone reads a site with its unit, facts and the day it was checked', async () => {
  const { page } = visitor
  const parks = await (await fetch(`${house.url}/api/v1/map/sites?kind=park&limit=20`)).json()
  known.site = parks.items[0].id
  for (const [name, site] of [['park', parks.items[0]]]) {
    await at(page, '/packages/map/site/index', `?id=${site.id}`)
    await says(page, site.name)
    await look(page, name)
  }
})

await test('anyone reads guides and policies, in both languages', async () => {
  const { page } = visitor
  await at(page, '/packages/content/policies/index')
  await says(page, '益政发〔2022〕11号')
  await look(page, 'policies')
  const guides = await (await fetch(`${house.url}/api/v1/content/pages?kind=guide`)).json()
  known.guide = guides.items[0].slug
  await at(page, '/packages/content/page/index', `?slug=${guides.items[0].slug}`)
  await says(page, guides.items[0].title)
  await look(page, 'guide')
})

await test('guides and policies are pages without a script, with feed and sitemap', async () => {
  const context = await visitor.program.newContext({ javaScriptEnabled: false, viewport: { width: 390, height: 844 } })
  const page = await context.newPage()
  for (const [path, lang] of [['/guides', 'zh'], ['/en/policies', 'en']]) {
    await page.goto(house.url + path)
    must((await page.locator('html').getAttribute('lang')).startsWith(lang), `${path} has another language`)
    must(await page.locator('main a').count() > 0, `${path} lists nothing`)
  }
  if (shots) await page.screenshot({ path: join(shots, 'policies-html.png') })
  for (const path of ['/feed.xml', '/en/feed.xml', '/sitemap.xml', '/robots.txt']) must((await fetch(house.url + path)).ok, path)
  await context.close()
})

const investor = await browser()
const official = await browser()

await test('an investor signs in by phone, an official by password and second factor', async () => {
  known.investor = await byPhone(investor.page, '19000000035')
  known.official = await byPassword(official.page, 'heshan.official')
  const me = await api(house, known.official)('GET', '/auth/me')
  must(me.unit_id === '430903', `the official is of ${me.unit_id}`)
  await at(investor.page, '/pages/mine/index')
  await says(investor.page, '陆嘉言')
  await look(investor.page, 'mine')
})

await test('the investor books a talk about a site, the official confirms, both are told', async () => {
  const asInvestor = api(house, known.investor)
  const asOfficial = api(house, known.official)
  const sites = await asInvestor('GET', '/map/sites?unit_id=430903&kind=parcel&limit=1')
  const from = new Date(Date.now() + 864e5).toISOString().slice(0, 10)
  const to = new Date(Date.now() + 9 * 864e5).toISOString().slice(0, 10)
  await at(investor.page, '/packages/talks/book/index', `?site_id=${sites.items[0].id}`)
  await says(investor.page, sites.items[0].name)
  await says(investor.page, '可约时段')
  await look(investor.page, 'book')
  const slots = await asInvestor('GET', `/talks/slots?site_id=${sites.items[0].id}&from=${from}&to=${to}`)
  must(slots.items.length > 0, 'no open times')
  const { host_id, starts_at } = slots.items[0]
  const held = await asInvestor('POST', '/talks/holds', { site_id: sites.items[0].id, host_id, starts_at, topic: '食品厂房选址', language: 'zh' })
  await asInvestor('POST', `/talks/bookings/${held.id}/confirmations`, {})
  await at(official.page, '/packages/talks/booking/index', `?id=${held.id}`)
  await says(official.page, '食品厂房选址')
  await look(official.page, 'booking')
  await asOfficial('POST', `/talks/bookings/${held.id}/confirmations`, {})
  known.booking = held.id
  await at(investor.page, '/packages/notifications/list/index')
  await says(investor.page, '云洽谈已确认')
  await look(investor.page, 'inbox')
})

await test('both sides talk in the room; a lost connection loses nothing and doubles nothing', async () => {
  const query = `?id=${known.booking}`
  const sides = [investor, official]
  for (const side of sides) await at(side.page, '/packages/talks/room/index', query)
  const say = async (page, text) => {
    await page.locator('.uni-page-head ~ * textarea, uni-page-body textarea, uni-page-body input').last().fill(text)
    await page.getByRole('button', { name: '发送', exact: true }).click()
  }
  await say(investor.page, '您好，我们想看示例地块。')
  await says(official.page, '您好，我们想看示例地块。')
  await look(investor.page, 'room')
  await investor.context.setOffline(true)
  for (const n of [1, 2, 3]) await say(official.page, `断线期间第${n}句`)
  await says(official.page, '断线期间第3句')
  await new Promise((ok) => setTimeout(ok, 10000))
  await investor.context.setOffline(false)
  await investor.page.getByText('断线期间第3句').first().waitFor({ timeout: 30000 })
  for (const n of [1, 2, 3]) {
    const count = await investor.page.getByText(`断线期间第${n}句`, { exact: true }).count()
    must(count === 1, `line ${n} stands ${count} times`)
  }
})

await test('minutes are published, a project opened and its agreement drafted and sent', async () => {
  const asOfficial = api(house, known.official)
  const booking = `/talks/bookings/${known.booking}`
  await asOfficial('PUT', `${booking}/minutes`, { summary: '双方就选址交换意见。', agreed_points: ['下周实地考察'], follow_ups: [{ text: '寄送地块资料', owner: 'host', due_on: '2026-12-01' }] })
  await asOfficial('POST', `${booking}/minutes-publications`, {})
  await at(investor.page, '/packages/talks/minutes/index', `?id=${known.booking}`)
  await says(investor.page, '下周实地考察')
  await look(investor.page, 'minutes')
  const project = await asOfficial('POST', '/projects', { name: '食品厂房示例项目', enterprise_name: '示例食品有限公司', industry: 'food', booking_id: known.booking })
  must(project.stage === 'in_talks', `the project is ${project.stage}`)
  await at(official.page, '/packages/projects/project/index', `?id=${project.id}`)
  await says(official.page, '食品厂房示例项目')
  await look(official.page, 'project')
  const values = { project_name: '食品厂房示例项目', enterprise_name: '示例食品有限公司', site: '赫山区示例地块', area_m2: 20000, intended_investment_fen: 5000000000, industry: '食品加工', start_on: '2027-03-01', production_on: '2028-03-01', cooperation: '建设食品厂房。', government_support: '协助办理手续。', valid_months: 12, signing_place: '益阳市' }
  const agreement = await asOfficial('POST', '/signings/agreements', { project_id: project.id, template_code: 'framework_agreement', values })
  await asOfficial('POST', `/signings/agreements/${agreement.id}/dispatches`, {})
  known.agreement = agreement.id
  known.project = project.id
  await at(investor.page, '/packages/signings/agreement/index', `?id=${agreement.id}`)
  await says(investor.page, '食品厂房示例项目')
  await look(investor.page, 'agreement')
})

await test('both parties sign in turn and the verify page accepts the file and refuses a bent one', async () => {
  const path = `/signings/agreements/${known.agreement}`
  for (const [who, phone] of [['investor', '19000000035'], ['official', '19000000001']]) {
    const ask = api(house, known[who])
    const seen = await ask('GET', path)
    await ask('POST', `${path}/challenges`, { document_sha256: seen.text_sha256 })
    await ask('POST', `${path}/signatures`, { code: await house.code(phone), document_sha256: seen.text_sha256, consent: true })
  }
  const file = await fetch(`${house.url}/api/v1${path}/document`, { headers: { Authorization: `Bearer ${known.investor}` } })
  const bytes = Buffer.from(await file.arrayBuffer())
  const judge = async (body) => (await fetch(`${house.url}/api/v1/signings/verifications`, { method: 'POST', headers: { 'Content-Type': 'application/pdf' }, body })).json()
  must((await judge(bytes)).verdict === 'valid', JSON.stringify(await judge(bytes)).slice(0, 300))
  const bent = Buffer.from(bytes)
  bent[Math.floor(bent.length / 3)] ^= 1
  must(['tampered', 'unreadable'].includes((await judge(bent)).verdict), 'a bent file passed')
  await at(investor.page, '/packages/signings/agreement/index', `?id=${known.agreement}`)
  await investor.page.reload()
  await says(investor.page, '已完成')
  await look(investor.page, 'agreement-completed')
  await at(visitor.page, '/packages/signings/verify/index')
  await visitor.page.locator('uni-page-body .card, uni-page-body .sheet').first().waitFor()
  await look(visitor.page, 'verify')
})

await test('a consultant’s lead gets a receipt, is handed over and accepted', async () => {
  const consultant = await browser()
  const task = await browser()
  const ask = api(house, await byPhone(consultant.page, '19000000032'))
  await at(consultant.page, '/packages/leads/submit/index')
  await says(consultant.page, '企业名称')
  await look(consultant.page, 'submit-lead')
  const made = await ask('POST', '/leads', { enterprise_name: '示例新能源有限公司', contact_name: '周示例', contact_phone: '19000000098', industry: 'new_energy', intention: '拟建储能电池厂。' })
  known.lead = made.lead.id
  await at(consultant.page, '/packages/leads/receipt/index', `?id=${made.lead.id}`)
  await says(consultant.page, made.receipt.number)
  await look(consultant.page, 'receipt')
  const force = api(house, await byPassword(task.page, 'taskforce.one'))
  const handed = await force('POST', `/leads/${made.lead.id}/handovers`, { unit_id: '430903' })
  await api(house, known.official)('POST', `/leads/handovers/${handed.handovers[0].id}/acceptances`, {})
  await at(consultant.page, '/packages/leads/lead/index', `?id=${made.lead.id}`)
  await says(consultant.page, '已接收')
  await look(consultant.page, 'lead')
  await at(task.page, '/packages/leads/desk/index')
  await look(task.page, 'desk')
  await consultant.program.close()
  await task.program.close()
})

await test('every page of the WeChat build boots against the real program', async () => {
  const held = await official.page.evaluate(() => {
    const kept = JSON.parse(localStorage.getItem('palm.tokens'))
    return kept.data ?? kept
  })
  const booking = { id: known.booking }
  const agreement = { id: known.agreement }
  const queries = {
    'packages/map/site/index': { id: known.site },
    'packages/content/page/index': { slug: known.guide },
    'packages/talks/booking/index': booking, 'packages/talks/room/index': booking, 'packages/talks/minutes/index': booking,
    'packages/projects/project/index': { id: known.project },
    'packages/signings/agreement/index': agreement, 'packages/signings/sign/index': agreement, 'packages/signings/evidence/index': agreement,
    'packages/leads/lead/index': { id: known.lead }, 'packages/leads/receipt/index': { id: known.lead },
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
