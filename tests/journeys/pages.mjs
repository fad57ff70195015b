// Every page of the app, by somebody who may open it: four looks each, and the pages that the program writes itself.
import { readFileSync } from 'node:fs'
import { api, enter } from './house.mjs'
import { at, browser, house, look, must, remember, says, test } from './stage.mjs'

const listed = JSON.parse(readFileSync(new URL('../../miniprogram/src/pages.json', import.meta.url), 'utf8'))
const paths = [...listed.pages.map((one) => one.path), ...listed.subPackages.flatMap((part) => part.pages.map((one) => `${part.root}/${one.path}`))]
const looks = [
  { name: 'zh-390', width: 390, height: 844, language: 'zh', large: false },
  { name: 'zh-320-large', width: 320, height: 640, language: 'zh', large: true },
  { name: 'en-390', width: 390, height: 844, language: 'en', large: false },
  { name: 'en-320-large', width: 320, height: 640, language: 'en', large: true },
]
const seats = { investor: '19000000037', official: 'taojiang.official', consultant: '19000000034', task: 'taskforce.two', security: 'admin.security', system: 'admin.system', audit: 'admin.audit', negotiator: 'negotiator.services' }
const tokens = {}
const asked = {}
const found = {}

await test('there is something to look at on every page', async () => {
  for (const [seat, who] of Object.entries(seats)) {
    tokens[seat] = await enter(house, who)
    asked[seat] = api(house, tokens[seat].access_token)
  }
  const { investor, official, consultant, task, negotiator } = asked
  const first = async (path) => (await (await fetch(`${house.url}/api/v1${path}`)).json()).items[0]
  found.site = (await first('/map/sites?kind=parcel&unit_id=430922&limit=1')).id
  found.other = (await first('/map/sites?kind=parcel&unit_id=430903&limit=1')).id
  found.slug = (await first('/content/pages?kind=guide')).slug
  const [old] = (await task('GET', `/content/versions?slug=${found.slug}`)).items
  const page = (await task('GET', `/content/versions/${old.id}`)).content
  page.steps[0] = { ...page.steps[0], cost: '免费', complaint: '12345 热线', needs: ['land'] }
  found.written = (await task('POST', '/content/versions', { slug: found.slug, kind: 'guide', base_number: old.number, content: { ...page, summary: `${page.summary}（示例修改）` }, note: '补充费用和投诉渠道' })).id
  found.gathering = (await official('GET', '/gatherings/desk')).items[0].id
  await consultant('POST', `/gatherings/${found.gathering}/registrations`, { name: '柳行之', phone: '19000000034', firm: '示例产业研究院', answers: [{ question: 0, text: '竹家具' }], source: 'platform' })
  const day = (n) => new Date(Date.now() + n * 864e5).toISOString().slice(0, 10)
  const slots = (await investor('GET', `/talks/slots?site_id=${found.site}&from=${day(1)}&to=${day(9)}`)).items
  const book = async (n, topic) => {
    const { host_id, starts_at } = slots[n]
    const held = await investor('POST', '/talks/holds', { site_id: found.site, host_id, starts_at, topic, language: 'zh' })
    return (await investor('POST', `/talks/bookings/${held.id}/confirmations`, {})).id
  }
  found.booking = await book(1, '竹纤维复合材料生产基地选址')
  await official('POST', `/talks/bookings/${found.booking}/confirmations`, {})
  await book(4, '竹制家居出口加工项目')
  found.keys = []
  for (const { name } of looks) {
    const { link } = await official('POST', `/talks/bookings/${found.booking}/guests`, { name: `示例嘉宾 ${name}`, language: 'zh' })
    found.keys.push(link.split('key=')[1])
  }
  const talk = `/talks/bookings/${found.booking}`
  const say = (one, body) => one('POST', `${talk}/messages`, { client_id: crypto.randomUUID(), body })
  await say(investor, '您好，我们想了解地块的供电和排水条件。')
  await say(official, '您好。地块东侧有 110 千伏变电站，排水接入园区管网。')
  const minutes = (number, summary) => official('PUT', `${talk}/minutes`, { number, revision: 0, summary, agreed_points: ['下周实地考察', '考察后提供用地方案'], follow_ups: [{ text: '寄送地块资料', owner: 'host', due_on: day(9) }, { text: '提供用水数据', owner: 'investor', due_on: day(1) }] })
  const sent = (number) => official('POST', `${talk}/minutes-sendings`, { number, revision: 1 })
  await minutes(1, '双方就选址条件交换了意见，客商对示例地块的区位表示认可。')
  await sent(1)
  await investor('POST', `${talk}/minutes-changes`, { number: 1, words: '请补充配套条件。' })
  await minutes(2, '双方就选址条件交换了意见，客商对示例地块的区位和配套表示认可。')
  await sent(2)
  await investor('POST', `${talk}/minutes-confirmations`, { number: 2 })
  found.share = (await investor('POST', '/map/shares', { site_ids: [found.site, found.other] })).id
  await official('PUT', `/map/shortlist/${found.site}`, { note: '近高速，待核实电力' })
  const { content } = await official('GET', `/map/sites/${found.site}/content`)
  found.draft = (await official('POST', '/map/drafts', { site_id: found.site, content: { ...content, price_fen_per_mu: 16500000, summary: '示例数据：配套已更新。' }, note: '按新的基准地价' })).id
  const offer = await official('POST', '/offers', { investor_name: '示例新材料有限公司', greeting: '感谢关注桃江，为贵公司选了以下地块。', sites: [{ site_id: found.site, note: '近高速' }], policies: [], contact_name: '示例联系人', contact_phone: '19000000001', days: 30 })
  Object.assign(found, { offer: offer.id, secret: offer.token })
  const signed = { Authorization: `Bearer ${tokens.official.access_token}` }
  const workbook = new FormData()
  workbook.set('file', await (await fetch(`${house.url}/api/v1/map/imports/template?with_sites=true`, { headers: signed })).blob(), '桃江县选址.xlsx')
  found.import = (await (await fetch(`${house.url}/api/v1/map/imports`, { method: 'POST', headers: { ...signed, 'Idempotency-Key': crypto.randomUUID() }, body: workbook })).json()).id
  const project = await official('POST', '/projects', { name: '竹纤维复合材料示例项目', enterprise_name: '示例新材料有限公司', industry: 'bamboo', booking_id: found.booking, intended_investment_fen: 12000000000 })
  found.project = project.id
  const values = { project_name: project.name, enterprise_name: project.enterprise_name, site: '桃江县示例地块', area_m2: 53333, intended_investment_fen: 12000000000, industry: '竹产业', start_on: '2028-03-01', production_on: '2029-03-01', cooperation: '建设竹纤维复合材料生产线。', government_support: '协助办理用地和环评手续。', valid_months: 12, signing_place: '益阳市' }
  found.agreement = (await official('POST', '/signings/agreements', { project_id: project.id, template_code: 'framework_agreement', values })).id
  await official('POST', `/signings/agreements/${found.agreement}/dispatches`, {})
  const ceremony = { title: '桃江县竹产业项目集中签约仪式', title_en: 'Taojiang bamboo industry signing ceremony', place: '桃江县示例会堂', starts_at: new Date(Date.now() + 36e5).toISOString(), programme: [{ time: '09:30', title: '开场', title_en: 'Opening' }, { time: '09:50', title: '项目签约', title_en: 'Signing' }], agreement_ids: [found.agreement] }
  found.ceremony = (await official('POST', '/signings/ceremonies', ceremony)).id
  await official('POST', `/signings/ceremonies/${found.ceremony}/openings`, {})
  const keep = async (path, name, bytes) => {
    const form = new FormData()
    form.set('file', new Blob([bytes]), name)
    return (await (await fetch(`${house.url}/api/v1/signings/${path}`, { method: 'POST', headers: { ...signed, 'Idempotency-Key': crypto.randomUUID() }, body: form })).json()).file_id
  }
  const picture_file_id = await keep('seal-pictures', 'seal.png', readFileSync(new URL('../../seeds/demo/seal.png', import.meta.url)))
  const papers_file_id = await keep('seal-papers', 'papers.pdf', '%PDF-1.7 示例')
  const seal = { name: '合同专用章', kind: 'contract', owner_kind: 'unit', keeper_name: '示例保管员', authority: '示例办发〔2026〕1号', picture_file_id, papers_file_id }
  found.seal = (await official('POST', '/signings/seals', seal)).id
  const version = await negotiator('POST', '/signings/templates/rescission_agreement/versions', { note: '写明善后时限' })
  const text = version.content
  text.articles[0].clauses[3].text = '原协议中关于保密和争议解决的约定在解除后继续有效。'
  text.articles[0].clauses[1].when = { field: 'reason', test: 'filled' }
  text.articles[0].clauses.push({ key: 'return_papers', kind: 'text', text: '各方在十五个工作日内互相返还已交付的资料。', text_en: 'The parties return the papers within fifteen working days.' })
  await negotiator('PUT', `/signings/template-versions/${version.id}`, { content: text, content_sha256: version.content_sha256 })
  found.version = version.id
  const lead = (name, one, phone) => one('POST', '/leads', { enterprise_name: name, contact_name: '周示例', contact_phone: phone, industry: 'new_materials', intention: '拟投资建设碳纤维预浸料生产线，需用地约 60 亩。' })
  found.lead = (await lead('益阳示例碳材料有限公司', consultant, '19000000097')).lead.id
  await lead('益阳市示例碳材料公司', task, '19000000097').catch(() => undefined)
  await task('POST', `/leads/${found.lead}/handovers`, { unit_id: '430922', note: '企业三日内来访' })
  found.case = (await task('GET', '/lead-likeness-reviews')).items[0].id
  const { link } = await consultant('POST', `/leads/${found.lead}/confirmations`, {})
  found.link = Object.fromEntries(new URLSearchParams(link.slice(link.indexOf('?'))))
  const accepted = (await lead('桃花江示例竹家居有限公司', consultant, '19000000096')).lead.id
  await task('POST', `/leads/${accepted}/screenings`, { value: 4, fit: 5, outcome: 'keep', note: '契合竹产业主链' })
  const offered = await task('POST', `/leads/${accepted}/handovers`, { unit_id: '430922' })
  await official('POST', `/leads/handovers/${offered.handovers[0].id}/acceptances`, {})
  await official('POST', `/leads/${accepted}/contacts`, { way: 'phone', words: '约定下周到桃江考察' })
  const pooled = (await lead('示例黑茶贸易有限公司', consultant, '19000000095')).lead.id
  await task('POST', `/leads/${pooled}/pool-places`, { reason: '各地均可承接' })
  const appointment = { kind: 'chamber', name: '上海益阳商会（示例）', phone: '19000000034', region: '上海', begins_on: day(-300), ends_on: day(400) }
  const appointed = await task('POST', '/leads/appointments', appointment)
  await task('POST', `/leads/appointments/${appointed.id}/records`, { kind: 'meeting', held_on: day(-30), title: '招商顾问座谈会（示例）' })
  found.institution = (await task('GET', `/institutions?q=${encodeURIComponent('示例产业研究院')}`)).items[0].id
})

/** Who opens a page, with what. What is not named here is opened by the official, without a parameter. */
const visits = () => ({
  'pages/home/index': {}, 'pages/map/index': {},
  'packages/map/site/index': { query: { id: found.site } },
  'packages/map/compare/index': { query: { sites: `${found.site},${found.other}`, area: 30 } },
  'packages/map/shared/index': { query: { id: found.share } }, 'packages/map/read/index': { query: { t: found.secret } },
  'packages/map/shortlist/index': { seat: 'official' }, 'packages/map/versions/index': { seat: 'official', query: { id: found.site } },
  'packages/map/draft/index': { seat: 'official', query: { id: found.draft } },
  'packages/map/edit/index': { seat: 'official', query: { site_id: found.site } },
  'packages/map/import/index': { seat: 'official', query: { id: found.import } },
  'packages/map/offer/index': { seat: 'official', query: { id: found.offer } },
  'packages/leads/enquiry/index': {}, 'packages/leads/confirm/index': { query: found.link },
  'packages/leads/bringers/index': { seat: 'task' }, 'packages/leads/case/index': { seat: 'task', query: { id: found.case } },
  'packages/leads/credit/index': { seat: 'consultant' }, 'packages/leads/rules/index': { seat: 'system' },
  'packages/institutions/institution/index': { seat: 'task', query: { id: found.institution } },
  'packages/institutions/brought/index': { seat: 'task', query: { id: found.institution, figure: 'leads' } },
  'packages/chains/list/index': {}, 'packages/chains/chain/index': { seat: 'official', query: { unit: '430922' } },
  'packages/content/guides/index': {}, 'packages/content/policies/index': {}, 'packages/content/match/index': {},
  'packages/content/page/index': { query: { slug: found.slug } },
  'packages/content/my-guide/index': { query: { origin: 'domestic', industry: 'bamboo', investment_fen: '15000000000', unit_id: '430922', need: 'land' } },
  'packages/content/desk/index': { seat: 'task' }, 'packages/content/version/index': { seat: 'task', query: { id: found.written } },
  'packages/content/edit/index': { seat: 'task', query: { id: found.written } }, 'packages/content/changes/index': { seat: 'task', query: { id: found.written } },
  'packages/auth/sign-in/index': {}, 'packages/auth/name-check/index': { seat: 'investor' }, 'packages/signings/verify/index': {}, 'packages/leads/check/index': {},
  'packages/talks/book/index': { seat: 'investor', query: { site_id: found.site } },
  'packages/talks/booking/index': { seat: 'official', query: { id: found.booking } },
  'packages/talks/room/index': { seat: 'investor', query: { id: found.booking } },
  'packages/talks/minutes/index': { seat: 'investor', query: { id: found.booking } },
  'packages/talks/minutes-changes/index': { seat: 'investor', query: { id: found.booking, number: 2 } },
  'packages/talks/tasks/index': { seat: 'investor' },
  // A link is for one browser.
  'packages/talks/guest/index': { get query() { return { key: found.keys.shift() } } },
  'packages/projects/project/index': { seat: 'official', query: { id: found.project } },
  'packages/signings/agreement/index': { seat: 'investor', query: { id: found.agreement } },
  'packages/signings/draft/index': { seat: 'official', query: { project_id: found.project } },
  'packages/signings/sign/index': { seat: 'investor', query: { id: found.agreement } },
  'packages/signings/evidence/index': { seat: 'official', query: { id: found.agreement } },
  'packages/signings/ceremony/index': { seat: 'official', query: { id: found.ceremony } },
  'packages/signings/stage/index': { query: { id: found.ceremony } },
  'packages/signings/seal/index': { seat: 'official', query: { id: found.seal } },
  'packages/signings/templates/index': { seat: 'negotiator' }, 'packages/signings/template/index': { seat: 'negotiator', query: { id: found.version } },
  'packages/signings/template-edit/index': { seat: 'negotiator', query: { id: found.version } },
  'packages/signings/template-changes/index': { seat: 'negotiator', query: { id: found.version } },
  'packages/gatherings/list/index': {}, 'packages/gatherings/gathering/index': { query: { id: found.gathering } },
  'packages/gatherings/register/index': { seat: 'investor', query: { id: found.gathering } },
  'packages/gatherings/ticket/index': { seat: 'consultant', query: { id: found.gathering } },
  'packages/gatherings/desk/index': { seat: 'official', query: { id: found.gathering } },
  'packages/gatherings/edit/index': { seat: 'official', query: { id: found.gathering } },
  'packages/gatherings/door/index': { seat: 'official', query: { id: found.gathering } },
  'packages/gatherings/floor/index': { seat: 'consultant', query: { id: found.gathering } }, 'packages/gatherings/poster/index': { query: { id: found.gathering } },
  'packages/leads/submit/index': { seat: 'consultant' }, 'packages/leads/list/index': { seat: 'consultant' },
  'packages/leads/lead/index': { seat: 'official', query: { id: found.lead } },
  'packages/leads/receipt/index': { seat: 'consultant', query: { id: found.lead } },
  'packages/leads/desk/index': { seat: 'task' },
  'packages/search/search/index': { seat: 'official', query: { q: '桃江' } },
  'packages/admin/persons/index': { seat: 'security' },
  'packages/admin/person/index': { seat: 'security', query: { id: tokens.official.me.person_id } },
  'packages/admin/audit/index': { seat: 'audit' },
  'packages/admin/rights/index': { seat: 'system' },
  'packages/admin/checks/index': { seat: 'security' },
})

/** Pages that need a longer story: the journeys named here come to them and look. */
const elsewhere = {
  chains: ['chains/proposal'],
  enterprises: ['enterprises/enterprise', 'workbooks/import'],
}
const told = Object.values(elsewhere).flat().map((page) => `packages/${page}/index`)

for (const { name, width, height, language, large } of looks) {
  const one = await browser({ width, height })
  let seated = 'nobody yet'
  const order = Object.entries(Object.fromEntries(paths.filter((path) => !told.includes(path)).map((path) => [path, visits()[path] ?? { seat: 'official' }]))).sort(([, a], [, b]) => (a.seat ?? '').localeCompare(b.seat ?? ''))
  await test(`every page, ${name}: nothing hidden from assistive technology, nothing wider than the screen`, async () => {
    const wrong = []
    await one.page.goto(house.url)
    for (const [path, { seat, query }] of order) {
      const asked = query ? `?${new URLSearchParams(query)}` : ''
      if (seat !== seated) {
        seated = seat
        await remember(one.page, { tokens: tokens[seat], language, large_type: large })
        await at(one.page, `/${path}`, asked)
      } else {
        // The next page of the same person, as a link within the program opens it.
        await one.page.evaluate((to) => { location.hash = to }, `/${path}${asked}`)
      }
      await one.page.locator(`uni-page[data-page="${path}"] .palm-page`).first().waitFor()
      await one.page.locator('.bone').first().waitFor({ state: 'detached' })
      await one.page.waitForTimeout(200)
      const text = await one.page.locator('uni-page-body').innerText()
      if (/请先登录|Sign in first|未能加载|Could not load/.test(text)) wrong.push(`${path}: ${text.slice(0, 80).replace(/\n/g, ' ')}`)
      await look(one.page, `${name}-${path.replace(/\/index$/, '').replace(/\//g, '-')}`, { whole: true })
    }
    must(!wrong.length, wrong.join('\n'))
  })
  await one.program.close()
}

await test('the pages that the program writes itself, in both languages, and the reference of the API', async () => {
  const one = await browser()
  for (const path of ['/guides', '/policies', '/en/guides', '/en/policies', '/events', '/en/events', `/events/${found.gathering}`, `/en/events/${found.gathering}`, `/guides/${found.slug}`, `/en/guides/${found.slug}`]) {
    const answer = await one.page.goto(house.url + path)
    must(answer.ok(), `${path}: ${answer.status()}`)
    await look(one.page, `html${path.replace(/\//g, '-')}`, { whole: true })
  }
  await one.page.goto(`${house.url}/docs/`)
  // A megabyte of document, drawn by a program that is not ours: it may take its time beside another journey.
  await says(one.page, 'Palm investment platform', { timeout: 90_000 })
  await look(one.page, 'docs', { unjudged: true })
  await one.program.close()
})
