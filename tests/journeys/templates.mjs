// A template's next version by three people: written, checked and sent back, mended, checked, approved; and who drafts from it.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { api, enter } from './house.mjs'
import { answer, at, browser, byPassword, fill, house, look, must, opened, press, says, test } from './stage.mjs'

const writer = await browser()
const checker = await browser()
const leader = await browser()
const official = await browser()
const folder = mkdtempSync(join(tmpdir(), 'palm-templates-'))
const known = {}
const values = {
  project_name: '智能装备示例项目', enterprise_name: '示例装备有限公司', site: '南县示例地块', area_m2: 20000, intended_investment_fen: 9000000000,
  industry: '装备制造', start_on: '2027-03-01', production_on: '2028-03-01', cooperation: '建设示例生产线。', government_support: '协助办理手续。', valid_months: 12, signing_place: '益阳市',
}
const was = '各方在本协议签署之日起十五个工作日内各自指定联系人'
const first = '各方在签署后尽快指定联系人。'
const mended = '各方在本协议签署之日起十个工作日内各自指定联系人，建立定期会商机制，协调解决本项目推进中的问题。'

/** The words of a PDF without blanks. */
function words(bytes) {
  const file = join(folder, 'paper.pdf')
  writeFileSync(file, bytes)
  return execFileSync('pdftotext', [file, '-']).toString().replace(/\s/g, '')
}
const version = (page, id = known.version) => at(page, '/packages/signings/template/index', `?id=${id}`)
const open = (page, words) => page.getByRole('button', { name: words }).filter({ visible: true }).first().click()

/** Writes the first clause of the fifth article anew. */
async function write(page, text) {
  await press(page, '修改内容')
  await open(page, /^5 工作推进/)
  await open(page, /^第 1 款 各方/)
  await fill(page, '条款（中文）', text)
}

await test('an agreement is drafted while the first version is in use', async () => {
  known.official = (await enter(house, 'nanxian.official')).access_token
  const ask = api(house, known.official)
  known.project = (await ask('POST', '/projects', { name: values.project_name, enterprise_name: values.enterprise_name, industry: 'equipment_manufacturing', unit_id: '430921' })).id
  known.draft = (signers) => ask('POST', '/signings/agreements', { project_id: known.project, template_code: 'framework_agreement', values, signers })
  known.signers = [{ side: 'investor', phone: '19000000035', step: 1 }, { side: 'host', phone: '19000000006', step: 2 }]
  known.old = await known.draft(known.signers)
  must(known.old.template_version === 1, `it is on version ${known.old.template_version}`)
})

await test('a negotiator writes the next version on the phone, compares it and tries it out', async () => {
  const { page } = writer
  await byPassword(page, 'negotiator.services')
  await at(page, '/packages/signings/list/index')
  await press(page, '协议模板')
  await says(page, '投资合作框架协议')
  await look(page, 'templates-list', { whole: true })
  await page.getByRole('link', { name: '投资合作框架协议 第 1 版 使用中' }).click()
  await says(page, '随程序提供，未经法制审核，仅作示例')
  await look(page, 'template-in-use', { whole: true })
  await press(page, '起草新版本')
  await fill(page, '修改说明', '缩短指定联系人的时限')
  await look(page, 'template-start')
  await answer(page, '起草新版本')
  await says(page, '请起草人修改完善后提交法制审核。')
  known.version = new URL(page.url().replace('#', '')).searchParams.get('id')
  await write(page, '{{contact}}尽快指定联系人。')
  await press(page, '保存草稿')
  await says(page, /没有对应的字段/)
  await look(page, 'template-refused')
  await fill(page, '条款（中文）', first)
  await look(page, 'template-edit', { whole: true })
  await page.setViewportSize({ width: 320, height: 640 })
  await look(page, 'template-edit-320', { whole: true })
  await page.setViewportSize({ width: 390, height: 844 })
  await press(page, '保存草稿')
  await says(page, first)
  await press(page, '与上一版的差异')
  await says(page, '第 1 版 → 第 2 版')
  await says(page, '原文')
  await look(page, 'template-changes', { whole: true })
  await version(page)
  const text = words(await opened(page, '/test-rendering', () => press(page, '试排（PDF）')))
  must(text.includes('TESTRENDERING') && text.includes('不得签署') && text.includes(first), text.slice(0, 400))
  await press(page, '提交法制审核')
  await look(page, 'template-submit')
  await answer(page, '提交法制审核')
  await says(page, '法制审核中')
  must((await page.getByRole('button', { name: '修改内容' }).count()) === 0, 'what was submitted can still be edited')
})

await test('an official of the commerce bureau is told, reads, and sends it back with the reason', async () => {
  const { page } = checker
  await byPassword(page, 'commerce.deputy')
  await at(page, '/packages/notifications/list/index')
  await page.getByText('协议模板待法制审核').first().click()
  await says(page, '请市商务局（不是起草人）通读并审核。')
  await look(page, 'template-to-check', { whole: true })
  await press(page, '退回修改')
  await fill(page, '原因', '请写明确切的工作日数')
  await look(page, 'template-return')
  await answer(page, '退回修改')
  await says(page, '起草中')
})

await test('it is mended and submitted again', async () => {
  const { page } = writer
  await version(page)
  await says(page, '请写明确切的工作日数')
  await look(page, 'template-returned')
  await write(page, mended)
  await press(page, '保存草稿')
  await says(page, mended)
  await press(page, '提交法制审核')
  await answer(page, '提交法制审核')
  await says(page, '法制审核中')
})

await test('it is checked by the second and approved by the third', async () => {
  await version(checker.page)
  await press(checker.page, '通过法制审核')
  await fill(checker.page, '审核意见', '时限明确，无违法内容')
  await answer(checker.page, '通过法制审核')
  await says(checker.page, '待批准')
  must((await checker.page.getByRole('button', { name: '批准使用' }).count()) === 0, 'the checker may approve')
  const { page } = leader
  await byPassword(page, 'leader.city')
  await version(page)
  await says(page, '请市领导（不是起草人和审核人）批准。')
  await press(page, '批准使用')
  await look(page, 'template-approve')
  await answer(page, '批准使用')
  await says(page, '新起草的协议使用这一版。')
  await look(page, 'template-approved', { whole: true })
})

await test('what is drafted now has the new words, and the older draft keeps its own', async () => {
  known.young = await known.draft(known.signers)
  const { page } = official
  await byPassword(page, 'nanxian.official')
  for (const [agreement, number, there, gone] of [[known.old, 1, was, mended], [known.young, 2, mended, was]]) {
    await at(page, '/packages/signings/agreement/index', `?id=${agreement.id}`)
    const text = words(await opened(page, '/document', () => press(page, '预览正文')))
    must(text.includes(there) && !text.includes(gone), `version ${number}: ${text.slice(0, 600)}`)
    await press(page, '修改内容')
    await says(page, `第 ${number} 版`)
  }
  await look(page, 'agreement-on-two')
  rmSync(folder, { recursive: true })
})
