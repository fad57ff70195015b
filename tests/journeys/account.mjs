// One's own account: the devices that are signed in, ending one of them, signing out.
import { answer, at, browser, byPassword, look, must, press, says, test } from './stage.mjs'

const here = await browser()
const there = await browser()

await test('a person sees all devices and ends one, which is out at its next step', async () => {
  await byPassword(there.page, 'leader.city')
  await byPassword(here.page, 'leader.city')
  await at(here.page, '/pages/mine/index')
  await here.page.getByText('登录设备').click()
  await says(here.page, '本机')
  await look(here.page, 'sessions')
  await press(here.page, '退出此设备')
  await answer(here.page, '退出此设备')
  await here.page.getByRole('button', { name: '退出此设备' }).waitFor({ state: 'detached' })
  await at(there.page, '/packages/notifications/list/index')
  await says(there.page, '请先登录')
})

await test('signing out leaves nothing of the account on the device', async () => {
  await at(here.page, '/pages/mine/index')
  await press(here.page, '退出登录')
  await answer(here.page, '退出登录')
  await says(here.page, '未登录')
  must(!(await here.page.evaluate(() => localStorage.getItem('palm.tokens'))), 'the tokens are still here')
  await at(here.page, '/packages/notifications/list/index')
  await says(here.page, '请先登录')
  await look(here.page, 'gate')
})

for (const one of [here, there]) await one.program.close()
