// A consultant's lead, written without signal, from the phone to a county that takes it up.
import { api, enter } from './house.mjs'
import { answer, at, browser, byPassword, byPhone, choose, fill, give, house, look, must, press, says, test } from './stage.mjs'

const consultant = await browser({ line: true })
const task = await browser()
const county = await browser()
const known = {}
const name = '益阳示例储能科技有限公司'

await test('each field of a lead says what is wrong with it', async () => {
  const { page } = consultant
  known.consultant = await byPhone(page, '19000000032')
  await at(page, '/packages/leads/submit/index')
  await press(page, '提交线索')
  for (const field of ['企业名称', '联系人', '联系电话', '所属产业', '投资意向']) await says(page, `请填写${field}`)
  await fill(page, '联系电话', '123')
  await says(page, '请输入 11 位手机号码')
  await fill(page, '统一社会信用代码', '123')
  await says(page, '应为 18 位数字和大写字母')
  await look(page, 'lead-mistakes')
})

await test('a draft written without signal outlives a reload, and a double tap makes one lead when the signal returns', async () => {
  const { page } = consultant
  await consultant.cut()
  await says(page, '网络已断开')
  await fill(page, '企业名称', name)
  await fill(page, '统一社会信用代码', '')
  await fill(page, '联系人', '周示例')
  await fill(page, '联系电话', '19000000098')
  await choose(page, '所属产业', '新能源')
  await fill(page, '投资意向', '拟建储能电池厂，需用地约 80 亩。')
  await consultant.mend()
  await page.reload()
  const kept = page.locator('[aria-label="企业名称"] input').first()
  await kept.waitFor()
  must((await kept.inputValue()) === name, `the draft says ${await kept.inputValue()}`)
  await page.getByRole('button', { name: '所属产业 新能源' }).waitFor()
  await consultant.cut()
  await page.getByRole('button', { name: '提交线索' }).dblclick()
  await says(page, '已保存在本机，尚未送达')
  await look(page, 'lead-waiting')
  await consultant.mend()
  await says(page, '首次接触回执')
  await look(page, 'receipt')
  const mine = await api(house, known.consultant)('GET', '/leads?limit=50')
  must(mine.items.filter((one) => one.enterprise_name === name).length === 1, `${mine.items.length} leads`)
  known.lead = mine.items.find((one) => one.enterprise_name === name)
  known.receipt = await api(house, known.consultant)('GET', `/leads/${known.lead.id}/receipt`)
  await says(page, known.receipt.number)
})

await test('anyone checks the receipt: genuine, not after a change, and nonsense is told', async () => {
  const { page } = await browser()
  await at(page, '/packages/leads/check/index')
  await fill(page, '回执数据', '你好')
  await press(page, '核验')
  await says(page, '这不是完整的回执数据')
  await fill(page, '回执数据', JSON.stringify(known.receipt))
  await press(page, '核验')
  await says(page, '回执真实有效')
  await look(page, 'receipt-genuine')
  const bent = { ...known.receipt, facts: { ...known.receipt.facts, enterprise_name: '另一家有限公司' } }
  await give(page, { name: 'receipt.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(bent)) }, () => press(page, '从文件读取'))
  await press(page, '核验')
  await says(page, '回执未通过核验')
  await look(page, 'receipt-bent')
})

await test('a like lead of another consultant is put before the task force, which decides with a reason', async () => {
  const other = api(house, (await enter(house, '19000000033')).access_token)
  await other('POST', '/leads', { enterprise_name: '益阳市示例储能科技公司', contact_name: '周示例', contact_phone: '19000000098', industry: 'new_energy', intention: '储能项目。' })
  const { page } = task
  await byPassword(page, 'taskforce.one')
  await at(page, '/packages/leads/desk/index')
  await says(page, name)
  await look(page, 'desk')
  await page.getByRole('tab', { name: '疑似重复' }).click()
  await says(page, '益阳市示例储能科技公司')
  await look(page, 'desk-likeness')
  await press(page, '作出认定')
  await answer(page, '作出认定')
  await says(page, '请填写认定理由')
  await fill(page, '认定理由', '名称相近、电话相同')
  await answer(page, '作出认定')
  await says(page, '请选择认定结果')
  await choose(page, '是否为同一企业？', '同一企业')
  await answer(page, '作出认定')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await at(consultant.page, '/packages/leads/lead/index', `?id=${known.lead.id}`)
  await says(consultant.page, '认定为首次接触')
})

for (const one of [consultant, task, county]) await one.program.close()
