// Content checks: words that WeChat refuses are not sent, a risky picture is hidden, and a person decides about the doubtful.
import { api } from './house.mjs'
import { answer, at, browser, byPassword, give, house, look, must, press, says, test } from './stage.mjs'

const investor = await browser()
const official = await browser()
const guard = await browser()
const talk = {}
const room = ({ page }) => at(page, '/packages/talks/room/index', `?id=${talk.id}`)
async function say(page, text) {
  await page.locator('[aria-label="输入消息"] textarea, textarea[aria-label="输入消息"]').fill(text)
  await page.getByRole('button', { name: '发送', exact: true }).click()
}
/** A grey picture of one dot. */
const dot = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mOsr6//DwAF/gL9qVLLyQAAAABJRU5ErkJggg==', 'base64')

await test('somebody signs in through WeChat and has a talk', async () => {
  const login = await house.standin('/codes', { login: 'checks' })
  const phone = await house.standin('/codes', { phone: '19000000036' })
  const session = await api(house)('POST', '/auth/sessions', { method: 'wechat', login_code: login.code, phone_code: phone.code })
  await investor.page.goto(house.url)
  await investor.page.evaluate((held) => localStorage.setItem('palm.tokens', JSON.stringify({ type: 'object', data: held })), session)
  const asInvestor = api(house, session.access_token)
  const asOfficial = api(house, await byPassword(official.page, 'commerce.official'))
  const day = (n) => new Date(Date.now() + n * 864e5).toISOString().slice(0, 10)
  const slots = await asInvestor('GET', `/talks/slots?unit_id=commerce-bureau&from=${day(1)}&to=${day(9)}`)
  const { host_id, starts_at } = slots.items[0]
  const held = await asInvestor('POST', '/talks/holds', { unit_id: 'commerce-bureau', host_id, starts_at, topic: '示例·内容检查', language: 'zh' })
  await asInvestor('POST', `/talks/bookings/${held.id}/confirmations`, {})
  await asOfficial('POST', `/talks/bookings/${held.id}/confirmations`, {})
  talk.id = held.id
})

await test('words against the rules are not sent, and the page says so', async () => {
  await room(investor)
  await say(investor.page, '这里有违规样例')
  await says(investor.page, /没有发出；请修改后再发/)
  await look(investor.page, 'checks-refused')
  await investor.page.getByRole('button', { name: /点按移除/ }).click()
  must((await investor.page.getByText('违规样例').count()) === 0, 'the refused words stay on the page')
  await say(investor.page, '这里有存疑样例')
  await room(official)
  await says(official.page, '这里有存疑样例')
  must((await official.page.getByText('违规样例').count()) === 0, 'the refused words arrived')
})

await test('a risky picture is hidden from the other side once WeChat has said so', async () => {
  await house.standin('/verdicts', { suggest: 'risky', label: 20002 })
  const file = { name: '示例图.png', mimeType: 'image/png', buffer: dot }
  await give(investor.page, file, () => investor.page.getByRole('button', { name: '发送文件' }).click())
  await says(investor.page, '示例图.png')
  for (let n = 0; n < 40; n++) {
    await room(official)
    await says(official.page, '这里有存疑样例')
    if (await official.page.getByText('未通过内容安全检查，已隐藏').count()) break
    await official.page.waitForTimeout(500)
  }
  await says(official.page, '这条内容未通过内容安全检查，已隐藏')
  await look(official.page, 'checks-hidden')
})

await test('the security administrator reads why, lets the picture through and hides the words', async () => {
  const { page } = guard
  await byPassword(page, 'admin.security')
  await at(page, '/packages/admin/checks/index')
  await says(page, '微信判定违规 · 色情')
  await says(page, '微信建议人工复核 · 广告')
  await look(page, 'checks-queue', { whole: true })
  await page.getByRole('button', { name: '放行 示例图.png' }).click()
  await says(page, '放行这项内容？')
  await answer(page, '放行')
  await says(page, '请填写')
  await page.getByRole('dialog').locator('input, textarea').fill('厂房照片，无违规内容')
  await answer(page, '放行')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.getByRole('button', { name: '隐藏 这里有存疑样例' }).click()
  await page.getByRole('dialog').locator('input, textarea').fill('广告')
  await answer(page, '隐藏')
  await says(page, '没有待审核的内容')
  await room(official)
  await says(official.page, '示例图.png')
  await says(official.page, '这条内容未通过内容安全检查，已隐藏')
})

await test('what was decided can be read in English, and decided again', async () => {
  const { page } = guard
  await page.evaluate(() => localStorage.setItem('palm.language', JSON.stringify({ type: 'string', data: 'en' })))
  await at(page, '/packages/admin/checks/index')
  await says(page, 'Nothing to decide')
  await page.getByRole('button', { name: 'Decided', exact: true }).click()
  await says(page, /Decided by/)
  await look(page, 'checks-decided-en', { whole: true })
  await page.getByRole('button', { name: 'Show 这里有存疑样例' }).click()
  await page.getByRole('dialog').locator('input, textarea').fill('Fine after all')
  await answer(page, 'Show')
  await page.getByRole('button', { name: 'Hide 这里有存疑样例' }).waitFor()
  await room(official)
  await says(official.page, '这里有存疑样例')
})
