// Cloud signing as its people live it: from a draft to a ceremony, refusing and revising, and a stranger who verifies.
import { createHash } from 'node:crypto'
import { api, enter, freshTotp, people, untilCodeIsFree } from './house.mjs'
import { answer, at, browser, byPassword, byPhone, draw, fill, give, house, look, must, opened, press, readWords, remember, says, scrollThrough, test } from './stage.mjs'

const official = await browser()
const investor = await browser()
const third = await browser()
const stranger = await browser()
/** The big screen of the hall, whose cable can be pulled. */
const hall = await browser({ line: true, width: 1920, height: 1080 })
const known = {}
const agreement = (id, act = '') => `/signings/agreements/${id}${act && '/' + act}`
const values = {
  project_name: '竹纤维新材料示例项目', enterprise_name: '示例竹业有限公司', site: '资阳区示例地块', area_m2: 33333, intended_investment_fen: 36000000000,
  industry: '新材料', start_on: '2027-03-01', production_on: '2028-03-01', cooperation: '建设竹纤维生产线。\n共建研发中心。', government_support: '协助办理手续。', valid_months: 12, signing_place: '益阳市',
}

/** A project of the official's unit and an agreement on it; `signers` are side, phone and what else is known. */
async function drafted(name, enterprise_name, signers, intended_investment_fen = values.intended_investment_fen) {
  const ask = api(house, known.official)
  const project = await ask('POST', '/projects', { name, enterprise_name, industry: 'new_materials', unit_id: '430902' })
  return ask('POST', '/signings/agreements', { project_id: project.id, template_code: 'framework_agreement', values: { ...values, project_name: name, enterprise_name, intended_investment_fen }, signers })
}
const sent = (id) => api(house, known.official)('POST', agreement(id, 'dispatches'), {})
const host = { side: 'host', phone: '19000000002', step: 2, authority: '授权代表' }

/** Reads and signs through the API with a code from this person's phone, and of staff with their second factor. */
async function signs(token, phone, id) {
  const ask = api(house, token)
  const { signing } = await ask('GET', agreement(id))
  const { document_sha256, words_sha256, parts } = await ask('GET', agreement(id, 'text'))
  await ask('POST', agreement(id, 'readings'), { document_sha256, words_sha256, parts_seen: parts.length, seconds: 60 })
  await ask('POST', agreement(id, 'challenges'), { document_sha256 })
  const proof = { code: await house.code(phone), document_sha256, consent_sha256: signing.consents[0].sha256 }
  const totp = signing.second_factor ? { totp: await freshTotp(people.find((one) => one.phone === phone)) } : {}
  return ask('POST', agreement(id, 'signatures'), { ...proof, ...totp })
}
async function signsOf(who, id) {
  const phone = people.find((one) => one.login === who)?.phone ?? who
  return signs((await enter(house, who)).access_token, phone, id)
}

const zh = { read: /^我已阅读全文/, done: '已确认阅读', send: '获取验证码', sent: /验证码已发送/, code: '短信验证码' }
const en = { read: /^I have read all/, done: 'Reading confirmed', send: 'Get a code', sent: /Code sent to/, code: 'Code' }

/** Reads the text to its end, says so, and fills in the code from the phone; `words` are the page's own. */
async function readAndProven(page, id, phone, words) {
  await at(page, '/packages/signings/sign/index', `?id=${id}`)
  await readWords(page, words)
  await press(page, words.send)
  await says(page, words.sent)
  await fill(page, words.code, await house.code(phone))
}

/** As somebody does who has a keyboard and no hand to draw with. */
async function keyed(page, role, name, key = 'Enter') {
  await page.getByRole(role, { name }).last().focus()
  await page.keyboard.press(key)
}

await test('an official sends an agreement for three signers, two of them at once', async () => {
  known.official = await byPassword(official.page, 'ziyang.official')
  const signers = [
    { side: 'investor', phone: '19000000036', step: 1, authority: '法定代表人' },
    { side: 'third', organisation: '示例产业基金（有限合伙）', phone: '19000000037', step: 1 },
    host,
  ]
  known.agreement = (await drafted('竹纤维新材料示例项目', '示例竹业有限公司', signers)).id
  await at(official.page, '/packages/signings/agreement/index', `?id=${known.agreement}`)
  await says(official.page, '示例产业基金（有限合伙）')
  await look(official.page, 'agreement-draft')
  await press(official.page, '发送签署')
  await answer(official.page, '发送签署')
  await says(official.page, '各方正在依次签署')
  await look(official.page, 'agreement-sent')
})

await test('the investor signs by hand on a screen of 320 pixels', async () => {
  known.investor = await byPhone(investor.page, '19000000036')
  await investor.page.setViewportSize({ width: 320, height: 640 })
  await readAndProven(investor.page, known.agreement, '19000000036', zh)
  await draw(investor.page, '#ink')
  await investor.page.getByRole('checkbox').click()
  await look(investor.page, 'sign-320', { whole: true })
  // The answer is lost and the page is started anew: it finds out by itself that the signature was made.
  await investor.page.route('**/signatures', async (route) => {
    await route.fetch().catch(() => undefined)
    await route.abort()
  })
  await press(investor.page, '签署')
  await says(investor.page, /本页会自动再次提交/)
  await look(investor.page, 'sign-unanswered-320')
  await investor.page.unroute('**/signatures')
  await investor.page.reload()
  await says(investor.page, '各方正在依次签署')
  await look(investor.page, 'signed-320')
  // What the finger did is on record, stroke by stroke, and in the signer's own bundle.
  const { items } = await api(house, known.investor)('GET', agreement(known.agreement, 'evidence'))
  const { strokes, consent } = items.find((one) => one.action === 'consented').payload
  must(strokes.strokes === 1 && strokes.points > 10 && strokes.duration_ms > 0, `the evidence knows ${JSON.stringify(strokes)}`)
  must(consent.language === 'zh' && consent.text.startsWith('我确认已阅读'), `agreed to ${consent.text}`)
  const bundle = await fetch(`${house.url}/api/v1${agreement(known.agreement, 'evidence-bundle')}`, { headers: { Authorization: `Bearer ${known.investor}` } })
  const tar = Buffer.from(await bundle.arrayBuffer())
  const place = tar.indexOf(`strokes-${strokes.sha256.slice(0, 16)}.json`)
  const size = parseInt(tar.subarray(place + 124, place + 136).toString(), 8)
  const document = tar.subarray(place + 512, place + 512 + size)
  must(place > 0 && createHash('sha256').update(document).digest('hex') === strokes.sha256, 'the strokes are not those on record')
})

await test('another party signs in English, by the keyboard and without drawing', async () => {
  known.third = await byPhone(third.page, '19000000037')
  await at(third.page, '/pages/mine/index')
  await third.page.getByText('English', { exact: true }).click()
  await readAndProven(third.page, known.agreement, '19000000037', en)
  await keyed(third.page, 'tab', 'Type name')
  await fill(third.page, 'Name of the signer', '韩穗生')
  await keyed(third.page, 'checkbox', /I have read and agree/, ' ')
  await look(third.page, 'sign-english', { whole: true })
  // The first answer is lost: the page sends the same again by itself, and nothing is signed twice.
  let sent = 0
  await third.page.route('**/signatures', async (route) => {
    if (sent++) return route.continue()
    await route.fetch()
    await route.abort()
  })
  await keyed(third.page, 'button', 'Sign')
  await says(third.page, /It is sent again by itself/)
  await says(third.page, 'The parties are signing in turn.')
  const { items } = await api(house, known.third)('GET', agreement(known.agreement, 'evidence'))
  await third.page.unroute('**/signatures')
  const consents = items.filter((one) => one.action === 'consented')
  must(sent > 1 && consents.length === 2, `${sent} requests made ${consents.length} consents`)
  const { consent, strokes } = consents.at(-1).payload
  must(consent.language === 'en' && consent.text.startsWith('I have read') && strokes === null, `agreed to ${consent.text}`)
  await look(third.page, 'signed-english')
})

await test('a ceremony is planned and opened; the hall sees the last party appear as it signs', async () => {
  // Others sign on the same stage: one agreement is concluded before, one has one signature, one has none.
  const others = [
    ['黑茶精深加工示例项目', '示例茶业有限公司', '19000000035', 'anhua.official', 15000000000],
    ['稻虾米加工示例项目', '示例粮油有限公司', '19000000038', 'nanxian.official', 8000000000],
    ['船舶配套示例项目', '示例装备有限公司', '19000000032', 'yuanjiang.official', 52000000000],
  ]
  const stage = []
  for (const [name, enterprise, phone, login, fen] of others) {
    const deputy = { ...host, phone: people.find((one) => one.login === login).phone }
    const { id } = await drafted(name, enterprise, [{ side: 'investor', phone, step: 1 }, deputy], fen)
    await sent(id)
    stage.push(id)
  }
  await signsOf('19000000035', stage[0])
  await signsOf('anhua.official', stage[0])
  await signsOf('19000000038', stage[1])
  await at(official.page, '/packages/signings/ceremony/index')
  await press(official.page, '保存')
  await official.page.locator('.field.wrong').first().waitFor()
  await fill(official.page, '仪式名称', '2026 年资阳区招商项目集中签约仪式')
  await fill(official.page, '英文名称', 'Ziyang investment signing ceremony 2026')
  await fill(official.page, '地点', '资阳区示例会堂')
  await fill(official.page, '议程', '09:30 | 开场 | Opening\n09:35 | 领导致辞 | Remarks\n09:50 | 项目签约 | Signing\n10:30 | 合影 | Photograph')
  for (const name of ['竹纤维新材料示例项目', ...others.map(([one]) => one)]) await official.page.getByRole('checkbox', { name }).click()
  await look(official.page, 'ceremony-plan', { whole: true })
  await press(official.page, '保存')
  await press(official.page, '公开现场页面')
  await says(official.page, '进入签约现场')
  await look(official.page, 'ceremony-open')
  for (const [words, path] of [['下载海报（PDF）', '/poster'], ['下载新闻清单（CSV）', '/press-list']]) {
    const got = await opened(official.page, path, () => press(official.page, words))
    must(got.length > 200, `${path} has ${got.length} bytes`)
  }
  known.ceremony = (await api(house, known.official)('GET', '/signings/ceremonies')).items[0].id

  await at(hall.page, '/packages/signings/stage/index', `?id=${known.ceremony}`)
  await says(hall.page, '2026 年资阳区招商项目集中签约仪式')
  await hall.page.waitForTimeout(1200)
  await look(hall.page, 'stage-hall-before')
  await at(stranger.page, '/packages/signings/stage/index', `?id=${known.ceremony}`)
  await says(stranger.page, '竹纤维新材料示例项目')
  await stranger.page.waitForTimeout(1200)
  await look(stranger.page, 'stage-phone', { whole: true })

  // The hall loses the network; the party signs; what was missed is shown afterwards.
  await hall.cut()
  await signs(known.official, '19000000002', known.agreement)
  await says(hall.page, '网络中断，恢复后自动补上')
  await hall.mend()
  await hall.page.getByText('签约完成', { exact: true }).first().waitFor({ timeout: 30000 })
  await hall.page.waitForTimeout(1200)
  await look(hall.page, 'stage-hall-done')
  await press(hall.page, 'English')
  await says(hall.page, 'Ziyang investment signing ceremony 2026')
  await look(hall.page, 'stage-hall-english')
  await press(hall.page, '中文')
  await hall.page.getByRole('button', { name: '回放' }).click()
  await hall.page.getByText('待签署').first().waitFor()
  await hall.page.getByText('签约完成', { exact: true }).first().waitFor({ timeout: 30000 })
  // Started anew without the network it shows what it knew, and says of when that is.
  await hall.page.route('**/screen', (route) => route.abort())
  await hall.page.reload()
  await says(hall.page, /这是 .+ 的画面/)
  await hall.page.getByText('签约完成', { exact: true }).first().waitFor()
  await look(hall.page, 'stage-hall-kept')
  await hall.page.unroute('**/screen')
  await hall.page.getByText(/这是 .+ 的画面/).waitFor({ state: 'detached' })
})

await test('a stranger verifies the file, and a bent copy is refused', async () => {
  const stored = async (revision = '') => Buffer.from(await (await fetch(`${house.url}/api/v1${agreement(known.agreement, 'document')}${revision}`, { headers: { Authorization: `Bearer ${known.investor}` } })).arrayBuffer())
  const bytes = await stored()
  const earlier = await stored('?revision=2')
  const bent = Buffer.from(bytes)
  bent[Math.floor(bent.length / 3)] ^= 1
  const grown = Buffer.concat([bytes, Buffer.from('% more')])
  const { page } = stranger
  const verify = async (name, buffer, choose) => {
    await at(page, '/packages/signings/verify/index')
    await give(page, { name: `${name}.pdf`, mimeType: 'application/pdf', buffer }, () => press(page, choose))
  }
  for (const [name, buffer, said] of [['bent', bent, /文件在签署后被改动|无法读取文件/], ['grown', grown, '文件末尾有签名未覆盖的内容']]) {
    await verify(name, buffer, '选择 PDF 文件')
    await says(page, said)
    await look(page, `verify-${name}`, { whole: true })
  }
  // What the register and the certificates say, in both languages on a narrow screen.
  const judged = await (await fetch(`${house.url}/api/v1/signings/verifications`, { method: 'POST', headers: { 'Content-Type': 'application/pdf' }, body: bytes })).json()
  must(judged.signatures.length === 4, `${judged.signatures.length} signatures instead of the lock's and three parties'`)
  await page.setViewportSize({ width: 320, height: 640 })
  const languages = {
    zh: { choose: '选择 PDF 文件', valid: '签名有效', partly: '部分签约方已签署', final: /· 最终版本/, earlier: /· 不是最终版本/, labels: ['证书序列号', '证书指纹（SHA-256）', '时间戳机构'] },
    en: { choose: 'Choose a PDF', valid: 'Signatures are valid', partly: 'Some parties have signed', final: /· Final/, earlier: /· not the final revision/, labels: ['Certificate serial number', 'Certificate fingerprint (SHA-256)', 'Time-stamp authority'] },
  }
  for (const [language, words] of Object.entries(languages)) {
    await remember(page, { language })
    await verify('agreement', bytes, words.choose)
    await says(page, words.valid)
    await says(page, words.final)
    for (const label of words.labels) must((await page.getByText(label, { exact: true }).count()) === judged.signatures.length, `${label} does not stand at every signature`)
    for (const one of judged.signatures) {
      for (const fact of [one.certificate_serial, one.certificate_sha256, one.timestamp_authority]) await says(page, fact)
    }
    await look(page, `verify-agreement-320-${language}`, { whole: true })
    await verify('earlier', earlier, words.choose)
    await says(page, words.partly)
    await says(page, words.earlier)
    await look(page, `verify-earlier-320-${language}`, { whole: true })
  }
  await remember(page, { language: 'zh' })
})

await test('an investor refuses with a reason, and the office revises and signs anew', async () => {
  const made = await drafted('楠竹加工示例项目', '示例竹业有限公司', [{ side: 'investor', phone: '19000000036', step: 1 }, host])
  await sent(made.id)
  await at(investor.page, '/packages/signings/agreement/index', `?id=${made.id}`)
  await press(investor.page, '拒绝签署')
  await fill(investor.page, '原因', '投资额需再议')
  await answer(investor.page, '拒绝签署')
  await says(investor.page, '有签约方拒绝签署')
  await at(official.page, '/packages/signings/agreement/index', `?id=${made.id}`)
  await says(official.page, '投资额需再议')
  await look(official.page, 'agreement-refused')
  await press(official.page, '修改后重签')
  await fill(official.page, '意向投资额（万元）', '30000')
  await press(official.page, '保存草稿')
  await says(official.page, '楠竹加工示例项目')
  await look(official.page, 'agreement-revised')
})

await test('the evidence is read, and its bundle taken away', async () => {
  const { page } = investor
  await at(page, '/packages/signings/evidence/index', `?id=${known.agreement}`)
  await says(page, '记录首尾相连')
  await look(page, 'evidence-320', { whole: true })
  const report = await opened(page, '/evidence-report', () => press(page, '存证报告（PDF）'))
  must(report.subarray(0, 5).toString() === '%PDF-', `the report is none: ${report.length} bytes`)
  const bundle = await opened(page, '/evidence-bundle', () => press(page, '存证包（可离线核验）'))
  must(bundle.subarray(257, 262).toString() === 'ustar', `the bundle is none: ${bundle.length} bytes`)
  await remember(page, { language: 'en' })
  await page.reload()
  await says(page, 'The records are linked without a gap')
  for (const words of [/Text locked and sent/, /Identity proven and consent given/, /Completed/]) await says(page, words)
  await page.getByRole('button', { name: 'Details', exact: true }).first().click()
  await says(page, '"template"')
  await look(page, 'evidence-320-english', { whole: true })
  const english = await opened(page, '/evidence-report', () => press(page, 'Evidence report (PDF)'))
  must(english.subarray(0, 5).toString() === '%PDF-', `the report is none: ${english.length} bytes`)
  await remember(page, { language: 'zh' })
})

/** Goes by the Tab key alone to an element; says when it cannot be reached so. */
async function tabTo(page, wanted) {
  await wanted.waitFor()
  const there = () => wanted.evaluate((one) => one.contains(document.activeElement))
  for (let n = 0; n < 150 && !(await there()); n++) await page.keyboard.press('Tab')
  must(await there(), `${wanted} is not reached by the Tab key`)
}
const named = (page, role, name) => page.getByRole(role, { name, exact: true }).filter({ visible: true }).last()

/** From the agreement's page to the signature in English: nothing is pressed, written or chosen but by keys. */
async function signsByKeys(page, id, phone, name) {
  const keys = page.keyboard
  const enters = async (role, words, key = 'Enter') => {
    await tabTo(page, named(page, role, words))
    await keys.press(key)
  }
  const writes = async (label, text) => {
    await tabTo(page, page.locator(`input[aria-label="${label}"]`).filter({ visible: true }).last())
    await keys.insertText(text)
  }
  await at(page, '/packages/signings/agreement/index', `?id=${id}`)
  await enters('button', 'Read and sign')
  await says(page, '1. Read the whole text')
  await scrollThrough(page)
  await enters('button', en.read)
  await says(page, en.done)
  await untilCodeIsFree(phone)
  await enters('button', en.send)
  await says(page, en.sent)
  await writes(en.code, await house.code(phone))
  await enters('tab', 'Type name')
  await writes('Name of the signer', name)
  await enters('checkbox', /I have read and agree/, ' ')
  await enters('button', 'Sign')
}

await test('two of three parties sign in English with a keyboard alone, and read the evidence so', async () => {
  const signers = [
    { side: 'investor', phone: '19000000036', step: 1, authority: '法定代表人' },
    { side: 'third', organisation: '示例产业基金（有限合伙）', phone: '19000000037', step: 1 },
    host,
  ]
  known.official = (await enter(house, 'ziyang.official')).access_token
  const { id } = await drafted('竹材深加工示例项目', '示例竹业有限公司', signers)
  await sent(id)
  const { page } = investor
  await remember(page, { language: 'en' })
  await signsByKeys(page, id, '19000000036', '许闻笙')
  await says(page, 'The parties are signing in turn.')
  await look(page, 'keys-signed-320', { whole: true })
  await signsByKeys(third.page, id, '19000000037', '韩穗生')
  await says(third.page, 'The parties are signing in turn.')
  await untilCodeIsFree('19000000002')
  await signs(known.official, '19000000002', id)
  await at(page, '/packages/signings/agreement/index', `?id=${id}`)
  await says(page, 'All parties have signed.')
  await tabTo(page, named(page, 'button', 'See evidence'))
  await page.keyboard.press('Enter')
  await says(page, 'The records are linked without a gap')
  await tabTo(page, named(page, 'button', 'Copy all evidence'))
  await remember(page, { language: 'zh' })
})
