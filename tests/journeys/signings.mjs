// Cloud signing as its people live it: from a draft to a ceremony, refusing and revising, and a stranger who verifies.
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { api } from './house.mjs'
import { at, browser, byPassword, byPhone, house, look, must, says, test } from './stage.mjs'

const official = await browser()
const investor = await browser()
const third = await browser()
const stranger = await browser()
const known = {}
const agreement = (id, act = '') => `/signings/agreements/${id}${act && '/' + act}`
const values = {
  project_name: '竹纤维新材料示例项目', enterprise_name: '示例竹业有限公司', site: '资阳区示例地块', area_m2: 33333, intended_investment_fen: 36000000000,
  industry: '新材料', start_on: '2027-03-01', production_on: '2028-03-01', cooperation: '建设竹纤维生产线。\n共建研发中心。', government_support: '协助办理手续。', valid_months: 12, signing_place: '益阳市',
}

/** A project of the official's unit and an agreement that three persons sign, the official last. */
async function drafted(name, investorPhone, thirdPhone) {
  const ask = api(house, known.official)
  const project = await ask('POST', '/projects', { name, enterprise_name: '示例竹业有限公司', industry: 'new_materials', unit_id: '430902' })
  const signers = [
    { side: 'investor', phone: investorPhone, step: 1, authority: '法定代表人' },
    ...(thirdPhone ? [{ side: 'third', organisation: '示例产业基金（有限合伙）', phone: thirdPhone, step: 1 }] : []),
    { side: 'host', phone: '19000000002', step: 2, authority: '区长授权代表' },
  ]
  return ask('POST', '/signings/agreements', { project_id: project.id, template_code: 'framework_agreement', values: { ...values, project_name: name }, signers })
}

/** A line drawn on the screen with a finger. */
async function drawn(page) {
  const box = await page.locator('canvas, uni-canvas').first().boundingBox()
  const cdp = await page.context().newCDPSession(page)
  const touch = (type, x, y) => cdp.send('Input.dispatchTouchEvent', { type, touchPoints: type === 'touchEnd' ? [] : [{ x, y }] })
  for (const [from, to] of [[0.2, 0.5], [0.4, 0.8]]) {
    await touch('touchStart', box.x + box.width * from, box.y + box.height * 0.3)
    for (let n = 1; n <= 8; n++) await touch('touchMove', box.x + box.width * (from + ((to - from) * n) / 8), box.y + box.height * (0.3 + 0.05 * n))
    await touch('touchEnd')
  }
}

/** Opens the text, says that it was read, and asks for the code; `words` are the page's own. */
async function readAndProven(page, id, phone, words) {
  await at(page, '/packages/signings/sign/index', `?id=${id}`)
  await page.getByRole('button', { name: words.open }).first().click()
  await page.waitForTimeout(1500)
  const pages = page.context().pages()
  for (const other of pages) if (other !== page) await other.close()
  await page.getByRole('button', { name: words.read }).click()
  await says(page, words.done)
  await page.getByRole('button', { name: words.send }).click()
  await says(page, words.sent)
  await page.locator('uni-page-body input').first().fill(await house.code(phone))
}
const en = { open: 'Open document', read: /I have read all/, done: 'Reading confirmed', send: 'Get a code', sent: /Code sent to/ }
const zh = { open: '打开文件', read: /我已阅读全文/, done: '已确认阅读', send: '获取验证码', sent: /验证码已发送/ }

await test('an official sends an agreement for three signers, two of them at once', async () => {
  known.official = await byPassword(official.page, 'ziyang.official')
  known.agreement = (await drafted('竹纤维新材料示例项目', '19000000036', '19000000037')).id
  await at(official.page, '/packages/signings/agreement/index', `?id=${known.agreement}`)
  await says(official.page, '示例产业基金（有限合伙）')
  await look(official.page, 'agreement-draft')
  await official.page.getByRole('button', { name: '发送签署' }).first().click()
  await official.page.getByRole('button', { name: '发送签署' }).last().click()
  await says(official.page, '各方正在依次签署')
  await look(official.page, 'agreement-sent')
})

await test('the investor signs by hand on a screen of 320 pixels', async () => {
  known.investor = await byPhone(investor.page, '19000000036')
  await investor.page.setViewportSize({ width: 320, height: 640 })
  await readAndProven(investor.page, known.agreement, '19000000036', zh)
  await drawn(investor.page)
  await investor.page.getByRole('checkbox').click()
  await look(investor.page, 'sign-320')
  await investor.page.getByRole('button', { name: '签署', exact: true }).click()
  await says(investor.page, '签署成功')
})

await test('another party signs without drawing, in English', async () => {
  known.third = await byPhone(third.page, '19000000037')
  await at(third.page, '/pages/mine/index')
  await third.page.getByText('English', { exact: true }).click()
  await readAndProven(third.page, known.agreement, '19000000037', en)
  await third.page.getByText('Type name', { exact: true }).click()
  await third.page.locator('uni-page-body input').nth(1).fill('韩穗生')
  await third.page.getByRole('checkbox').click()
  await look(third.page, 'sign-english')
  await third.page.getByRole('button', { name: 'Sign', exact: true }).click()
  await third.page.getByText(/Being signed|The parties are signing/).first().waitFor()
})

await test('a ceremony is planned and opened; the hall sees the last party appear as it signs', async () => {
  await at(official.page, '/packages/signings/ceremony/index')
  const inputs = official.page.locator('uni-page-body input')
  await inputs.nth(0).fill('2026 年资阳区招商项目集中签约仪式')
  await inputs.nth(1).fill('Ziyang investment signing ceremony 2026')
  await inputs.nth(2).fill('资阳区示例会堂')
  await official.page.locator('uni-page-body textarea').fill('09:30 | 开场 | Opening\n09:35 | 领导致辞 | Remarks\n09:50 | 项目签约 | Signing\n10:30 | 合影 | Photograph')
  await official.page.getByRole('checkbox', { name: '竹纤维新材料示例项目' }).click()
  await look(official.page, 'ceremony-plan')
  await official.page.getByRole('button', { name: '保存' }).click()
  await official.page.getByRole('button', { name: '公开现场页面' }).click()
  await says(official.page, '进入签约现场')
  await look(official.page, 'ceremony-open')
  known.ceremony = (await api(house, known.official)('GET', '/signings/ceremonies')).items[0].id

  const hall = await stranger.program.newContext({ viewport: { width: 1920, height: 1080 }, locale: 'zh-CN' })
  known.hall = await hall.newPage()
  await at(known.hall, '/packages/signings/stage/index', `?id=${known.ceremony}`)
  await says(known.hall, '2026 年资阳区招商项目集中签约仪式')
  await look(known.hall, 'stage-hall-before')
  await at(stranger.page, '/packages/signings/stage/index', `?id=${known.ceremony}`)
  await says(stranger.page, '竹纤维新材料示例项目')
  await look(stranger.page, 'stage-phone')

  // The hall loses the network; the party signs; what was missed is shown afterwards.
  await hall.setOffline(true)
  const ask = api(house, known.official)
  const seen = await ask('GET', agreement(known.agreement))
  await ask('POST', agreement(known.agreement, 'challenges'), { document_sha256: seen.text_sha256 })
  await ask('POST', agreement(known.agreement, 'signatures'), { code: await house.code('19000000002'), document_sha256: seen.text_sha256, consent: true })
  await says(known.hall, '网络中断，恢复后自动补上')
  await hall.setOffline(false)
  await known.hall.getByText('签约完成', { exact: true }).first().waitFor({ timeout: 30000 })
  await look(known.hall, 'stage-hall-done')
  await known.hall.getByRole('button', { name: '回放' }).click()
  await known.hall.getByText('待签署').first().waitFor()
  await known.hall.getByText('签约完成', { exact: true }).first().waitFor({ timeout: 30000 })
  for (const what of ['poster', 'press-list']) {
    const got = await fetch(`${house.url}/api/v1/signings/ceremonies/${known.ceremony}/${what}`, { headers: { Authorization: `Bearer ${known.official}` } })
    must(got.ok, `${what}: ${got.status}`)
  }
})

await test('a stranger verifies the file, and a bent copy is refused', async () => {
  const got = await fetch(`${house.url}/api/v1${agreement(known.agreement, 'document')}`, { headers: { Authorization: `Bearer ${known.investor}` } })
  const bytes = Buffer.from(await got.arrayBuffer())
  const bent = Buffer.from(bytes)
  bent[Math.floor(bent.length / 3)] ^= 1
  for (const [name, content, said] of [['agreement.pdf', bytes, '签名有效'], ['bent.pdf', bent, /文件在签署后被改动|无法读取文件/]]) {
    const file = join(tmpdir(), `palm-${process.pid}-${name}`)
    writeFileSync(file, content)
    await at(stranger.page, '/packages/signings/verify/index')
    const choosing = stranger.page.waitForEvent('filechooser')
    await stranger.page.getByRole('button', { name: /选择 PDF 文件|另选文件/ }).click()
    await (await choosing).setFiles(file)
    await stranger.page.getByText(said).first().waitFor()
    await look(stranger.page, `verify-${name.replace('.pdf', '')}`)
  }
})

await test('an investor refuses with a reason, and the office revises and signs anew', async () => {
  const made = await drafted('楠竹加工示例项目', '19000000036')
  await api(house, known.official)('POST', agreement(made.id, 'dispatches'), {})
  await at(investor.page, '/packages/signings/agreement/index', `?id=${made.id}`)
  await investor.page.getByRole('button', { name: '拒绝签署' }).first().click()
  await investor.page.locator('textarea').last().fill('投资额需再议')
  await investor.page.getByRole('button', { name: '拒绝签署' }).last().click()
  await says(investor.page, '已拒绝签署')
  await at(official.page, '/packages/signings/agreement/index', `?id=${made.id}`)
  await says(official.page, '投资额需再议')
  await look(official.page, 'agreement-refused')
  await official.page.getByRole('button', { name: '修改后重签' }).click()
  await says(official.page, '楠竹加工示例项目')
  await official.page.getByRole('button', { name: '保存草稿' }).waitFor()
  await look(official.page, 'agreement-revised')
})

await test('the evidence is read, and its bundle taken away', async () => {
  await at(investor.page, '/packages/signings/evidence/index', `?id=${known.agreement}`)
  await says(investor.page, '记录首尾相连')
  await look(investor.page, 'evidence')
  const got = await fetch(`${house.url}/api/v1${agreement(known.agreement, 'evidence-bundle')}`, { headers: { Authorization: `Bearer ${known.investor}` } })
  must(got.ok && Buffer.from(await got.arrayBuffer()).subarray(257, 262).toString() === 'ustar', `the bundle is not one: ${got.status}`)
})
