// Around an agreement as its people click it: a draft that both sides talk about and a leader approves, annexes, seals, reminders, the end.
import { readFileSync } from 'node:fs'
import { api, enter, freshTotp, people, untilCodeIsFree } from './house.mjs'
import { answer, at, browser, byPassword, byPhone, choose, chooseDay, draw, fill, give, house, look, must, opened, press, readWords, remember, says, test } from './stage.mjs'

const official = await browser()
const leader = await browser()
const investor = await browser()
const stranger = await browser()
const known = {}
const agreement = (page, id = known.agreement) => at(page, '/packages/signings/agreement/index', `?id=${id}`)
const values = {
  project_name: '竹炭负极材料示例项目', enterprise_name: '示例竹炭科技有限公司', site: '赫山区示例地块', area_m2: 40000, intended_investment_fen: 21000000000,
  industry: '新材料', start_on: '2027-03-01', production_on: '2028-03-01', cooperation: '建设竹炭负极材料生产线。', government_support: '协助办理手续。', valid_months: 12, signing_place: '益阳市',
}
const signers = [
  { side: 'investor', phone: '19000000035', step: 1, authority: '法定代表人' },
  { side: 'host', phone: '19000000001', step: 2, authority: '授权代表' },
]
const demoSeal = { name: 'seal.png', mimeType: 'image/png', buffer: readFileSync(new URL('../../seeds/demo/seal.png', import.meta.url)) }

/** A file of one page with a plain drawing; `more` goes into its catalog. */
function plan(name, more = '') {
  const drawing = '2 w 80 500 200 160 re S 320 500 180 160 re S 80 300 420 160 re S'
  const objects = [`<</Type/Catalog/Pages 2 0 R${more}>>`, '<</Type/Pages/Kids[3 0 R]/Count 1>>', '<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>', `<</Length ${drawing.length}>>\nstream\n${drawing}\nendstream`]
  let text = '%PDF-1.7\n'
  let table = `xref\n0 ${objects.length + 1}\n0000000000 65535 f\r\n`
  for (const [n, object] of objects.entries()) {
    table += `${String(text.length).padStart(10, '0')} 00000 n\r\n`
    text += `${n + 1} 0 obj\n${object}\nendobj\n`
  }
  const start = text.length
  return { name, mimeType: 'application/pdf', buffer: Buffer.from(`${text}${table}trailer\n<</Size ${objects.length + 1}/Root 1 0 R>>\nstartxref\n${start}\n%%EOF\n`) }
}

/** Opens the text, says that it was read, and fills in the code from the phone. */
async function readAndProven(page, phone, id = known.agreement) {
  await untilCodeIsFree(phone)
  await at(page, '/packages/signings/sign/index', `?id=${id}`)
  // What was not read or opened is asked for.
  if (id === known.agreement) {
    await page.getByRole('button', { name: /^我已阅读全文/ }).click()
    await says(page, /还有 \d+ 段没有读到|还有 1 份附件没有打开/)
    await opened(page, '/annexes/', () => page.getByRole('button', { name: /^打开附件/ }).click())
  }
  await readWords(page)
  await press(page, '获取验证码')
  await says(page, /验证码已发送/)
  await fill(page, '短信验证码', await house.code(phone))
}

/** Registers a seal on the page that is open; gives its id. */
async function registers(page, name, more) {
  await page.getByRole('button', { name: '提交登记' }).click()
  await page.locator('.field.wrong').first().waitFor()
  await give(page, demoSeal, () => press(page, '选择图片'))
  await says(page, '已去掉底色')
  await give(page, plan('用印授权书.pdf'), () => press(page, '选择文件'))
  await says(page, '用印授权书.pdf')
  await fill(page, '印章名称', name)
  await fill(page, '保管人', '示例保管员')
  await fill(page, '授权依据', '示例办发〔2026〕1号')
  await more?.()
  await look(page, `seal-add-${name}`, { whole: true })
  await press(page, '提交登记')
  await says(page, '待批准')
  return new URL(page.url().replace('#', '')).searchParams.get('id')
}

await test('a draft is begun from the one template that may be chosen, and shared with the investor', async () => {
  known.official = await byPassword(official.page, 'heshan.official')
  const ask = api(house, known.official)
  const project = await ask('POST', '/projects', { name: values.project_name, enterprise_name: values.enterprise_name, industry: 'new_materials', unit_id: '430903' })
  await at(official.page, '/packages/signings/draft/index', `?project_id=${project.id}`)
  await says(official.page, '投资合作框架协议')
  must((await official.page.getByText('协议解除书').count()) === 0, 'a rescission is offered without an agreement to rescind')
  known.make = (more = {}) => ask('POST', '/signings/agreements', { project_id: project.id, template_code: 'framework_agreement', values: { ...values, ...more }, signers })
  known.agreement = (await known.make()).id
  await agreement(official.page)
  await press(official.page, '送对方看草稿')
  await says(official.page, '对方已能看到草稿')
  await look(official.page, 'draft-shared', { whole: true })
})

/** Proposes another area, on the investor's page. */
async function proposes(area, why, picture) {
  const { page } = investor
  await agreement(page)
  await press(page, '提出修改')
  await fill(page, '用地（用房）面积（平方米）', area)
  await fill(page, '修改说明', why)
  if (picture) await look(page, picture, { whole: true })
  await press(page, '提出修改')
  await says(page, '已提出修改')
}

await test('the investor proposes another area, and the office takes it over by one press', async () => {
  known.investor = await byPhone(investor.page, '19000000035')
  await investor.page.setViewportSize({ width: 320, height: 640 })
  await proposes('36000', '一期只需三万六千平方米', 'propose-320')
  await agreement(official.page)
  await says(official.page, '一期只需三万六千平方米')
  await look(official.page, 'proposal', { whole: true })
  await press(official.page, '采用 第 2 轮')
  await says(official.page, '采用第 2 轮提出的修改')
  await look(official.page, 'proposal-accepted', { whole: true })
  await agreement(investor.page)
  await says(investor.page, '已采用')
  await says(investor.page, '采用第 2 轮提出的修改')
  await look(investor.page, 'taken-over-320', { whole: true })
  const { values: now } = await api(house, known.official)('GET', `/signings/agreements/${known.agreement}`)
  must(now.area_m2 === 36000 && now.cooperation === values.cooperation, `the draft says ${JSON.stringify(now)}`)
})

await test('another proposal is declined with a reason, which the investor reads in English, and earlier rounds are opened', async () => {
  await proposes('9000', '再减面积')
  await agreement(official.page)
  await press(official.page, '不采用 第 4 轮')
  await fill(official.page, '原因', '低于该地块最小出让面积')
  await look(official.page, 'proposal-decline')
  await answer(official.page, '确定')
  await says(official.page, '未采用')
  const { page } = investor
  await remember(page, { language: 'en' })
  await agreement(page)
  await says(page, 'Declined')
  await says(page, '低于该地块最小出让面积')
  await says(page, 'First draft')
  await look(page, 'declined-320-english', { whole: true })
  const earlier = await opened(page, '/document?round=1', () => press(page, 'Open this round Round 1'))
  must(earlier.subarray(0, 5).toString() === '%PDF-', 'the first round cannot be opened')
  await remember(page, { language: 'zh' })
})

await test('annexes are added: one is refused with what to do, one is taken', async () => {
  await agreement(official.page)
  await give(official.page, plan('有脚本.pdf', '/OpenAction<</S/JavaScript/JS(x)>>'), () => press(official.page, '添加附件（PDF）'))
  await says(official.page, /文件含脚本或自动动作/)
  await look(official.page, 'annex-refused', { whole: true })
  await give(official.page, plan('地块规划示意图.pdf'), () => press(official.page, '添加附件（PDF）'))
  await says(official.page, /附件 1 地块规划示意图/)
  await says(official.page, '附件 新增')
  await look(official.page, 'annex-added', { whole: true })
  const preview = await opened(official.page, '/document', () => press(official.page, '预览正文'))
  must(preview.subarray(0, 5).toString() === '%PDF-', 'there is no preview')
})

await test('a leader of the unit returns the text with a reason, and approves it when it was mended', async () => {
  const ask = async () => {
    await agreement(official.page)
    await press(official.page, '提请审批')
    await choose(official.page, '审批人', '钟岚')
    await look(official.page, 'approval-ask')
    await official.page.getByRole('dialog').getByRole('button', { name: '确定', exact: true }).click()
    await says(official.page, '等待审批')
  }
  await ask()
  known.leader = await byPassword(leader.page, 'leader.heshan')
  await at(leader.page, '/packages/notifications/list/index')
  await leader.page.getByText('请审批协议文本').first().click()
  await says(leader.page, '等待审批')
  await look(leader.page, 'approval-leader', { whole: true })
  must((await leader.page.getByRole('button', { name: '发送签署' }).count()) === 0, 'a leader is offered to send')
  await press(leader.page, '退回修改')
  await fill(leader.page, '原因', '请写明联系人')
  await answer(leader.page, '确定')
  await says(leader.page, '请写明联系人')
  await agreement(official.page)
  await says(official.page, '请写明联系人')
  await press(official.page, '修改内容')
  await fill(official.page, '合作内容', '建设竹炭负极材料生产线，乙方联系人为示例联系人。')
  await press(official.page, '保存草稿')
  await says(official.page, '已保存')
  await ask()
  await agreement(leader.page)
  await press(leader.page, '同意')
  await leader.page.getByRole('button', { name: '同意', exact: true }).waitFor({ state: 'detached' })
  await says(leader.page, '同意')
  await look(leader.page, 'approval-given', { whole: true })
})

await test('the unit registers a seal, and its leader approves it', async () => {
  const { page } = official
  await at(page, '/packages/signings/list/index')
  await press(page, '印章登记')
  await says(page, '还没有登记的印章')
  await look(page, 'seals-none')
  await press(page, '登记印章')
  known.unitSeal = await registers(page, '合同专用章')
  await look(page, 'seal-pending', { whole: true })
  must((await page.getByRole('button', { name: '批准使用' }).count()) === 0, 'whoever registered it may approve')
  await at(leader.page, '/packages/notifications/list/index')
  await leader.page.getByText('印章待批准').first().click()
  await says(leader.page, '等待另一人核对授权文件后批准')
  await opened(leader.page, '/papers', () => press(leader.page, '查看授权文件'))
  await press(leader.page, '批准使用')
  await look(leader.page, 'seal-approve')
  await answer(leader.page, '批准使用')
  await says(leader.page, '本方签署人签署时可以选用')
  await look(leader.page, 'seal-approved', { whole: true })
})

await test('the investor registers the seal of the enterprise on a screen of 320 pixels, and the unit checks it', async () => {
  const { page } = investor
  await at(page, '/packages/signings/seal-add/index')
  known.firmSeal = await registers(page, '企业合同章', async () => {
    await fill(page, '企业或机构全称', values.enterprise_name)
    await choose(page, '核验授权文件的单位', '赫山区')
  })
  await look(page, 'seal-320', { whole: true })
  await at(official.page, '/packages/signings/seal/index', `?id=${known.firmSeal}`)
  await press(official.page, '批准使用')
  await answer(official.page, '批准使用')
  await says(official.page, '本方签署人签署时可以选用')
})

await test('it is sent, the signers are reminded once an hour, and both sign with their seals', async () => {
  await agreement(official.page)
  await press(official.page, '发送签署')
  await answer(official.page, '发送签署')
  await says(official.page, '各方正在依次签署')
  await press(official.page, '提醒签署')
  await says(official.page, '已提醒')
  await press(official.page, '提醒签署')
  await says(official.page, /一小时内已提醒过/)
  await look(official.page, 'reminded', { whole: true })
  const { page } = investor
  await readAndProven(page, '19000000035')
  await draw(page, '#ink')
  await page.getByRole('radio', { name: /^企业合同章/ }).click()
  await page.getByRole('checkbox').last().click()
  await look(page, 'sign-with-seal-320', { whole: true })
  await press(page, '签署')
  await says(page, '用印：企业合同章')
  await readAndProven(official.page, '19000000001')
  await fill(official.page, '动态口令', await freshTotp(people.find((one) => one.login === 'heshan.official')))
  await official.page.getByRole('tab', { name: '输入姓名' }).click()
  await fill(official.page, '签署人姓名', '谭沁云')
  await official.page.getByRole('radio', { name: /^合同专用章/ }).click()
  await official.page.getByRole('checkbox').last().click()
  await look(official.page, 'sign-with-seal', { whole: true })
  await press(official.page, '签署')
  await says(official.page, '各方均已签署')
  await look(official.page, 'signed-with-seals', { whole: true })
})

await test('long-term data come behind the last signature by themselves', async () => {
  const ask = api(house, known.official)
  const kept = async () => (await ask('GET', `/signings/agreements/${known.agreement}`)).archive?.state === 'kept'
  for (let n = 0; n < 60 && !(await kept()); n++) await new Promise((done) => setTimeout(done, 500))
  await agreement(official.page)
  await says(official.page, /已补，文件可离线验证至/)
  await says(official.page, '补充长期有效数据')
  await look(official.page, 'long-term', { whole: true })
})

await test('a stranger verifies the file with its annex', async () => {
  const got = await fetch(`${house.url}/api/v1/signings/agreements/${known.agreement}/document`, { headers: { Authorization: `Bearer ${known.investor}` } })
  const buffer = Buffer.from(await got.arrayBuffer())
  await at(stranger.page, '/packages/signings/verify/index')
  await give(stranger.page, { name: 'agreement.pdf', mimeType: 'application/pdf', buffer }, () => press(stranger.page, '选择 PDF 文件'))
  await says(stranger.page, '签名有效')
  await says(stranger.page, /地块规划示意图/)
  await says(stranger.page, '已有长期验证资料和存档时间戳')
  await says(stranger.page, /完成签署/)
  await says(stranger.page, '其后有存档时间戳')
  must((await stranger.page.getByText('签署域').count()) === 0, 'a field is named instead of a signer')
  await look(stranger.page, 'verify-annex', { whole: true })
})

await test('the concluded agreement is rescinded by another one, and both say so', async () => {
  const { page } = official
  await agreement(page)
  const { number } = await api(house, known.official)('GET', `/signings/agreements/${known.agreement}`)
  await press(page, '起草协议解除书')
  await says(page, '原协议编号')
  await fill(page, '解除原因', '示例：市场变化，各方协商一致。')
  await chooseDay(page, '解除生效日期', '2026-12-31')
  await look(page, 'rescission-draft', { whole: true })
  await press(page, '保存草稿')
  await says(page, '已保存')
  const { followers } = await api(house, known.official)('GET', `/signings/agreements/${known.agreement}`)
  const rescission = followers[0]
  // From one to the other and back.
  await agreement(page)
  must((await page.getByRole('button', { name: '起草协议解除书' }).count()) === 0, 'a second rescission is offered')
  await page.getByRole('link', { name: `解除书 ${rescission.number}` }).click()
  await says(page, '核对正文后，发送给各方签署')
  await page.getByRole('link', { name: `所解除的协议 ${number}` }).click()
  await says(page, '各方均已签署')
  await agreement(page, rescission.id)
  await press(page, '发送签署')
  await answer(page, '发送签署')
  await says(page, '各方正在依次签署')
  for (const [who, phone, said] of [[investor.page, '19000000035', '各方正在依次签署'], [page, '19000000001', '各方均已签署']]) {
    await readAndProven(who, phone, rescission.id)
    const staff = people.find((one) => one.phone === phone && one.totp_secret)
    if (staff) await fill(who, '动态口令', await freshTotp(staff))
    await draw(who, '#ink')
    await who.getByRole('checkbox').last().click()
    await press(who, '签署')
    await says(who, said)
  }
  const got = await fetch(`${house.url}/api/v1/signings/agreements/${known.agreement}/document`, { headers: { Authorization: `Bearer ${known.investor}` } })
  const buffer = Buffer.from(await got.arrayBuffer())
  await stranger.page.setViewportSize({ width: 320, height: 640 })
  const languages = {
    zh: { by: `各方已签署解除书 ${rescission.number}`, link: `解除书 ${rescission.number}`, choose: '选择 PDF 文件', valid: '签名有效', rescinded: '协议已解除', from: '自 2026年12月31日 起解除' },
    en: { by: `The parties signed the rescission ${rescission.number}`, link: `Rescission ${rescission.number}`, choose: 'Choose a PDF', valid: 'Signatures are valid', rescinded: 'This agreement was rescinded', from: 'Rescinded as of 31 Dec 2026' },
  }
  for (const [language, words] of Object.entries(languages)) {
    await remember(investor.page, { language })
    await agreement(investor.page)
    await says(investor.page, words.by)
    await look(investor.page, `rescinded-320-${language}`, { whole: true })
    await investor.page.getByRole('link', { name: words.link }).click()
    await says(investor.page, number)
    await look(investor.page, `rescission-320-${language}`, { whole: true })
    await remember(stranger.page, { language })
    await at(stranger.page, '/packages/signings/verify/index')
    await give(stranger.page, { name: 'agreement.pdf', mimeType: 'application/pdf', buffer }, () => press(stranger.page, words.choose))
    for (const said of [words.valid, words.rescinded, words.by, words.from]) await says(stranger.page, said)
    await look(stranger.page, `verify-rescinded-320-${language}`, { whole: true })
  }
  await remember(investor.page, { language: 'zh' })
  await remember(stranger.page, { language: 'zh' })
})

await test('the seal is revoked with a reason, and its use stays on record', async () => {
  const { page } = official
  await at(page, '/packages/signings/seal/index', `?id=${known.unitSeal}`)
  await press(page, '撤销印章')
  await fill(page, '原因', '示例：印章更换')
  await look(page, 'seal-revoke')
  await answer(page, '撤销印章')
  await says(page, '此前的用印仍然有效')
  await says(page, '谭沁云 签署')
  await look(page, 'seal-revoked', { whole: true })
  await at(page, '/pages/mine/index')
  await page.getByText('English', { exact: true }).click()
  await at(page, '/packages/signings/seal/index', `?id=${known.unitSeal}`)
  await says(page, 'Revoked; it cannot be used again.')
  await look(page, 'seal-english', { whole: true })
  await page.getByText('Revoked').first().waitFor()
  await at(page, '/pages/mine/index')
  await page.getByText('中文', { exact: true }).click()
})

await test('another agreement is revoked with a reason that the investor reads', async () => {
  const { id } = await known.make({ area_m2: 20000 })
  await api(house, known.official)('POST', `/signings/agreements/${id}/dispatches`, {})
  await agreement(official.page, id)
  await press(official.page, '撤回协议')
  await fill(official.page, '原因', '用地条件有变化')
  await answer(official.page, '撤回协议')
  await says(official.page, '协议已撤回')
  await agreement(investor.page, id)
  await says(investor.page, '用地条件有变化')
  await look(investor.page, 'revoked-320', { whole: true })
})
