// An agreement that is signed at 电子签: chosen in the draft, begun again after an unclear answer, refused there, revised, and signed there in two languages.
import { api } from './house.mjs'
import { answer, at, browser, byPassword, byPhone, chooseDay, fill, house, look, must, otherwise, press, says, test } from './stage.mjs'

const official = await browser()
const investor = await browser()
const phones = { official: '19000000001', investor: '19000000035' }
const known = { orphans: new Set() }
const agreement = (page) => at(page, '/packages/signings/agreement/index', `?id=${known.agreement}`)

/** Looks at the agreement again until its page says so: what happens there comes back with the next look of the house. */
async function comes(page, text) {
  for (let n = 0; n < 30; n++) {
    await agreement(page)
    if (await says(page, text, { timeout: 2000 }).then(() => true, () => false)) return
  }
  await says(page, text)
}
const flows = async () => (await fetch(`${house.standins}/ess/flows`)).json()
/** The open flow in which it is this person's turn. */
async function turn(phone) {
  const found = (await flows()).find((flow) => flow.turn.includes(phone) && !known.orphans.has(flow.flow_id))
  must(found, `it is not the turn of ${phone} anywhere`)
  return found
}
/** What a person does in the service's own mini-program, and the callback that follows. */
async function there(phone, act) {
  const { flow_id } = await turn(phone)
  const { body, signature } = await house.standin('/ess/moves', { flow_id, mobile: phone, act })
  const told = await fetch(`${house.url}/callbacks/ess`, { method: 'POST', headers: { 'Content-Type': 'application/json', 'Content-Signature': signature }, body })
  must(told.status === 204, `the callback was answered with ${told.status}`)
}
async function send(page) {
  await agreement(page)
  await press(page, '发送签署')
  await fill(page, '签署期限（天）', '400')
  await answer(page, '发送签署')
  await says(page, '请输入 1 至 365 的整数')
  await look(page, 'esign-days')
  await fill(page, '签署期限（天）', '20')
  await answer(page, '发送签署')
  await says(page, '各方正在依次签署')
}

await test('an official drafts an agreement and chooses 电子签 for it', async () => {
  known.official = await byPassword(official.page, 'heshan.official')
  const { page } = official
  const project = await api(house, known.official)('POST', '/projects', { name: '黑茶深加工示例项目', enterprise_name: '示例黑茶有限公司', industry: 'new_materials', unit_id: '430903' })
  await at(page, '/packages/signings/draft/index', `?project_id=${project.id}`)
  await page.locator('.chip').filter({ hasText: '腾讯电子签' }).click()
  await page.locator('.chip.on').filter({ hasText: '腾讯电子签' }).waitFor()
  const texts = { 项目选址: '赫山区示例地块', '用地（用房）面积（平方米）': '20000', '意向投资额（万元）': '9000', 合作内容: '建设黑茶深加工生产线。', 政府支持与服务: '协助办理手续。', '有效期（月）': '12', 签署地点: '益阳市' }
  for (const [label, text] of Object.entries(texts)) await fill(page, label, text)
  await chooseDay(page, '计划开工日期', '2027-03-01')
  await chooseDay(page, '计划投产日期', '2028-03-01')
  await press(page, '指定签署人')
  const asked = page.locator('[aria-label="签署人手机号"] input, input[aria-label="签署人手机号"]')
  await asked.nth(0).fill(phones.investor)
  await asked.nth(1).fill(phones.official)
  await look(page, 'esign-draft', { whole: true })
  await press(page, '保存草稿')
  await page.waitForURL(/signings\/agreement/)
  known.agreement = new URL(page.url().replace('#', '')).searchParams.get('id')
  await says(page, '腾讯电子签')
  await look(page, 'esign-drafted', { whole: true })
})

await test('the service gives no clear answer: a person looks there first, and then begins again', async () => {
  known.investor = await byPhone(investor.page, phones.investor)
  await house.standin('/faults', { path: '/CreateFlowByFiles', kind: 'half_body', times: 1 })
  await send(official.page)
  await comes(official.page, '已核对，重新发起')
  await says(official.page, /电子签没有明确答复/)
  await look(official.page, 'esign-unclear', { whole: true })
  for (const flow of await flows()) known.orphans.add(flow.flow_id)
  must(known.orphans.size === 1, 'a second flow was begun before anybody looked')
  await press(official.page, '已核对，重新发起')
  await comes(investor.page, '去腾讯电子签签署')
  const left = (await turn(phones.investor)).deadline - Date.now() / 1000
  must(Math.abs(left - 20 * 86400) < 3600, `the service was told another time: ${left} s`)
})

await test('the investor takes the way there along on a screen of 320 pixels, and refuses there', async () => {
  const { page } = investor
  await page.setViewportSize({ width: 320, height: 640 })
  await agreement(page)
  await says(page, '浏览器不能打开小程序')
  await look(page, 'esign-way-320', { whole: true })
  await press(page, '去腾讯电子签签署')
  await says(page, '已复制小程序路径，请在微信中打开')
  await otherwise(page, 'en', true, async () => {
    await says(page, 'Sign at Tencent E-Sign')
    await look(page, 'esign-way-320-large-english', { whole: true })
  })
  await agreement(official.page)
  await says(official.page, '各方正在依次签署')
  must((await official.page.getByRole('button', { name: '去腾讯电子签签署' }).count()) === 0, 'the office may sign before the investor')
  await there(phones.investor, 'reject')
  await comes(page, '有签约方拒绝签署，协议已终止')
  await comes(official.page, '腾讯电子签：已拒签')
  await look(official.page, 'esign-refused', { whole: true })
})

await test('the office revises it, and the investor signs there', async () => {
  await press(official.page, '修改后重签')
  await official.page.waitForURL(/signings\/draft/)
  known.agreement = new URL(official.page.url().replace('#', '')).searchParams.get('id')
  await send(official.page)
  await comes(investor.page, '去腾讯电子签签署')
  await there(phones.investor, 'sign')
  await comes(official.page, '去腾讯电子签签署')
  await look(official.page, 'esign-half', { whole: true })
})

await test('a file without a signature is not taken; the true one completes the agreement', async () => {
  await house.standin('/faults', { path: '/ess/files', kind: 'unsigned', times: 1 })
  await there(phones.official, 'sign')
  await comes(official.page, '文件里没有电子签名')
  await says(official.page, /送回的文件未被采用/)
  await look(official.page, 'esign-unsigned', { whole: true })
  // The house asks again after half a minute.
  await comes(official.page, '各方均已签署')
  await says(official.page, '以送签的文件为底本')
  await says(official.page, /签署人证书由服务方签发，本平台未核验/)
  await look(official.page, 'esign-completed', { whole: true })
  await agreement(investor.page)
  await otherwise(investor.page, 'en', false, async () => {
    await says(investor.page, 'Grown from the very file that was sent')
    await says(investor.page, 'Stand-in E-Sign')
    await look(investor.page, 'esign-completed-320-english', { whole: true })
  })
})
