// One box over everything: by name, sound, initials and in spite of an error; more for whoever is signed in; kept on the phone alone.
import { at, browser, byPassword, look, must, press, says, test } from './stage.mjs'

const search = '/packages/search/search/index'
const box = (page) => page.locator('.search-input input').first()
const hits = (page) => page.getByTestId('hit').filter({ visible: true })
const groups = (page) => page.getByTestId('group').filter({ visible: true })
/** The answer to what was typed stands there. */
const answered = (page, words) => page.waitForResponse((answer) => answer.url().includes('/api/v1/search') && answer.url().includes(encodeURIComponent(words)))
async function type(page, words) {
  const answer = answered(page, words)
  await box(page).fill(words)
  await (await answer).finished()
}
const speak = (page, language) => page.evaluate((data) => localStorage.setItem('palm.language', JSON.stringify({ type: 'string', data })), language)

const anyone = await browser()
const county = await browser()
const narrow = await browser({ width: 320, height: 640 })

await test('anybody comes from the front door, finds a park by its sound and goes there', async () => {
  const { page } = anyone
  await at(page, '/pages/home/index')
  await look(page, 'search-home')
  await page.getByRole('link', { name: '搜企业、园区、政策、编号' }).click()
  await says(page, '可以这样搜')
  await look(page, 'search-empty')
  await type(page, 'ahjj')
  await says(page, '拼音')
  must((await groups(page).count()) > 0, 'no groups')
  const text = await page.locator('uni-page-body').last().innerText()
  must(!/目标企业|线索|人员/.test(text), 'what is not public is named')
  await look(page, 'search-sound', { whole: true })
  await hits(page).first().click()
  await page.getByTestId('hit').first().waitFor({ state: 'hidden' })
  await page.goBack()
  await hits(page).first().waitFor()
})

await test('what was searched for stays on the phone until one tap clears it', async () => {
  const { page } = anyone
  await page.getByRole('button', { name: '清除', exact: true }).click()
  await says(page, '最近搜索')
  await page.getByRole('button', { name: 'ahjj', exact: true }).waitFor()
  await look(page, 'search-recent')
  const kept = await page.evaluate(() => localStorage.getItem('palm.recent_searches'))
  must(kept?.includes('ahjj'), 'it is not kept')
  await page.getByRole('button', { name: 'ahjj', exact: true }).click()
  await hits(page).first().waitFor()
  await page.getByRole('button', { name: '清除', exact: true }).click()
  await press(page, '清除记录')
  await page.getByText('最近搜索').waitFor({ state: 'detached' })
  must(!(await page.evaluate(() => localStorage.getItem('palm.recent_searches'))), 'it is kept')
})

await test('an error is forgiven and said to be; nothing and failure have their ways out', async () => {
  const { page } = anyone
  await type(page, '安化经济开发去')
  await says(page, '没有完全符合的内容，以下是相近的结果')
  await says(page, '相近')
  await look(page, 'search-forgiven')
  await type(page, '火星移民局')
  await says(page, '没有找到“火星移民局”')
  await says(page, '登录后还可以搜索')
  await look(page, 'search-none')
  await page.route('**/api/v1/search**', (route) => route.abort())
  await box(page).fill('桃江')
  await says(page, '未能加载')
  await look(page, 'search-failed')
  await page.unroute('**/api/v1/search**')
  await press(page, '重试')
  await hits(page).first().waitFor()
})

await test('an official finds the enterprise by initials, narrows to its kind and opens it, by keyboard too', async () => {
  const { page } = county
  await byPassword(page, 'taojiang.official')
  await at(page, search, '?q=' + encodeURIComponent('青竹纤维'))
  await says(page, '目标企业')
  await hits(page).filter({ hasText: '青竹纤维' }).first().waitFor()
  await look(page, 'search-official', { whole: true })
  await type(page, 'qzxw')
  await hits(page).filter({ hasText: '青竹纤维' }).first().waitFor()
  await type(page, '示例')
  await page.getByRole('button', { name: /^目标企业/ }).first().click()
  await hits(page).first().waitFor()
  must((await groups(page).count()) === 0, 'other kinds stand there')
  await look(page, 'search-kind')
  await box(page).fill('竹')
  await page.keyboard.press('Enter')
  await hits(page).first().waitFor()
  await hits(page).first().click()
  await page.getByTestId('hit').first().waitFor({ state: 'hidden' })
})

await test('in English and on a narrow screen nothing is cut off', async () => {
  const { page } = narrow
  await at(page, '/pages/home/index')
  await speak(page, 'en')
  await at(page, search, '?q=park')
  await page.reload()
  await says(page, 'Parks and sites')
  await hits(page).first().waitFor()
  await look(page, 'search-en-320', { whole: true })
})
