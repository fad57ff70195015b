// What every journey stands on: browsers on a phone's screen, the looks taken at them, and what went wrong.
import { createRequire } from 'node:module'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cable, freshTotp, open, people, untilCodeIsFree } from './house.mjs'

const require = createRequire(new URL('../../miniprogram/package.json', import.meta.url))
const { chromium } = require('playwright-core')
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8')
export const shots = process.env.PALM_SHOTS
const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream']

/** The platform that all journeys share; each brings its own people and things. */
export const house = await open()
const foreign = new Set()
const faults = []
const programs = new Set()
const pages = new Set()
const counts = { passed: 0, failed: 0 }
/** Where a page finds the house, when it is not the house's own address. */
const doors = new WeakMap()

/** A browser of its own on a phone's screen. With `line` it reaches the house by a cable that can be cut; `timezone` is where its clock stands. */
export async function browser({ line = false, width = 390, height = 844, timezone = 'Asia/Shanghai' } = {}) {
  const program = await chromium.launch({ executablePath: process.env.PALM_CHROMIUM ?? '/usr/bin/chromium-headless-shell', headless: true, args: flags })
  programs.add(program)
  const context = await program.newContext({ viewport: { width, height }, hasTouch: true, isMobile: true, locale: 'zh-CN', timezoneId: timezone })
  const page = await context.newPage()
  page.setDefaultTimeout(15000)
  const way = line ? await cable(house.url) : undefined
  const door = way?.url ?? house.url
  doors.set(page, door)
  pages.add(page)
  page.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(door) && !url.startsWith(house.url) && !/^(data|blob|about):/.test(url)) foreign.add(url)
  })
  return {
    program, context, page,
    /** No network at all: no server, no picture. */
    async cut() {
      way.cut()
      await context.setOffline(true)
    },
    async mend() {
      way.mend()
      await context.setOffline(false)
    },
  }
}

/** Whoever waits for what never comes must not hold up the others for ever. */
const PATIENCE_MINUTES = 10

export async function test(name, journey) {
  let bell
  const tired = new Promise((_, no) => { bell = setTimeout(() => no(new Error(`not done after ${PATIENCE_MINUTES} minutes`)), PATIENCE_MINUTES * 60_000) })
  try {
    await Promise.race([journey(), tired])
    counts.passed++
    console.log(`ok   ${name}`)
  } catch (error) {
    counts.failed++
    for (const [n, page] of [...pages].entries()) await keep(page, `FAIL-${counts.failed}-${n}`)
    console.log(`FAIL ${name}\n     ${String(error.message ?? error).split('\n').slice(0, 12).join('\n     ')}`)
  } finally {
    clearTimeout(bell)
  }
}

export function must(truth, what) {
  if (!truth) throw new Error(what)
}

async function keep(page, name, whole = false) {
  if (!shots || page.isClosed()) return
  mkdirSync(shots, { recursive: true })
  await page.screenshot({ path: join(shots, `${name}.png`), fullPage: whole })
}

/** A page that has said what it is for: looked at by axe (but for a passing word over it, and for
 *  what is `unjudged`, such as the API's reference, which others wrote), and kept as a picture when asked. */
export async function look(page, name, { whole = false, unjudged = false } = {}) {
  await keep(page, name, whole)
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  if (wide > 1) faults.push(`${name}: ${wide} px wider than the screen`)
  if (unjudged) return
  // What the page does for assistive technology is done in the frame after a change: what is found must still be so a moment later.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe)
  // The document itself scrolls by the keyboard without being focused.
  const counts = (v) => ['serious', 'critical'].includes(v.impact) && !(v.id === 'scrollable-region-focusable' && String(v.nodes[0]?.target) === 'body')
  const judge = async () => (await page.evaluate(() => window.axe.run({ exclude: [['uni-toast']] }, { runOnly: ['wcag2a', 'wcag2aa'], resultTypes: ['violations'] }))).violations.filter(counts)
  let seen = await judge()
  for (let again = 0; seen.length && again < 3; again++) {
    await page.waitForTimeout(300)
    seen = await judge()
  }
  for (const v of seen) faults.push(`${name}: ${v.id} ${v.nodes[0]?.target}`)
}

/** Opens a page as a link in a new tab does: the program begins anew. The browser's process stays, to begin another takes longer. */
export async function at(page, route, query = '') {
  const door = doors.get(page) ?? house.url
  const to = `${door}/#${route}${query}`
  if (!page.url().startsWith(`${door}/#`)) return page.goto(to)
  await page.evaluate((to) => history.pushState(null, '', to), to)
  await page.reload()
}
export const says = (page, text, wait) => page.getByText(text).filter({ visible: true }).first().waitFor(wait)

/** Presses a button by its words; `answer` presses the one of the sheet that has come up. */
export const press = (page, words) => page.getByRole('button', { name: words, exact: true }).last().click()
export const answer = (page, words) => page.getByRole('dialog').getByRole('button', { name: words, exact: true }).click()

/** Chooses from the device's picker, turning each wheel to the text of its choice and waiting until it stands there. */
export async function choose(page, label, ...texts) {
  await page.locator(`[role="button"][aria-label^="${label} "]`).last().click()
  const picker = page.locator('.uni-picker-toggle')
  await picker.locator('.uni-picker-action-confirm').waitFor()
  for (const [n, text] of texts.entries()) {
    const wheel = picker.locator('uni-picker-view-column').nth(n)
    const item = wheel.locator('.uni-picker-item').filter({ hasText: new RegExp(`^0?${text}[年月日]?$`) }).first()
    let stood = 0
    for (let turns = 0; turns < 90 && stood < 3; turns++) {
      const middle = await wheel.locator('.uni-picker-view-indicator').boundingBox()
      const far = Math.round(((await item.boundingBox()).y - middle.y) / middle.height)
      stood = far ? 0 : stood + 1
      const step = Math.max(-2, Math.min(2, far))
      if (far) await page.touchscreen.tap(middle.x + middle.width / 2, middle.y + middle.height * (0.5 + step))
      await page.waitForTimeout(far ? 350 : 100)
    }
    must(stood === 3, `${label} cannot be turned to ${text}`)
  }
  await picker.locator('.uni-picker-action-confirm').click()
  await picker.waitFor({ state: 'detached' })
  await page.locator('.uni-picker-action-confirm').filter({ visible: true }).first().waitFor({ state: 'hidden' })
  if (texts.length === 1) await page.getByRole('button', { name: `${label} ${texts[0]}` }).filter({ visible: true }).last().waitFor()
}
export const chooseDay = (page, label, day) => choose(page, label, ...day.split('-').map(Number))

/** Hands a file to the chooser that opens when `open` is done. */
export async function give(page, file, open) {
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), open()])
  await chooser.setFiles(file)
}

/** Does `open` and gives the file that the page fetched for it; it must also have been shown, in a tab or as a download. */
export async function opened(page, path, open) {
  const answer = page.waitForResponse((one) => one.url().includes(path) && one.request().method() === 'GET')
  const shown = Promise.any([page.waitForEvent('popup').then((tab) => tab.close()), page.waitForEvent('download')])
  await open()
  const bytes = await (await answer).body()
  await shown
  await page.bringToFront()
  return bytes
}

/** Writes a stroke by hand, as a finger on the screen does. */
export async function draw(page, selector) {
  const canvas = page.locator(selector)
  await canvas.evaluate((one) => one.scrollIntoView({ block: 'center' }))
  const box = await canvas.boundingBox()
  const cdp = await page.context().newCDPSession(page)
  const finger = (type, points) => cdp.send('Input.dispatchTouchEvent', { type, touchPoints: points })
  const place = (t) => ({ x: box.x + box.width * (0.15 + 0.7 * t), y: box.y + box.height * (0.5 + 0.3 * Math.sin(t * 9)) })
  await finger('touchStart', [place(0)])
  for (let n = 1; n <= 24; n++) await finger('touchMove', [place(n / 24)])
  await finger('touchEnd', [])
}

/** Moves over the words of the signing page to their end, as a thumb does, and says that they were read. */
export async function readWords(page, { read, done } = { read: /^我已阅读全文/, done: '已确认阅读' }) {
  await scrollThrough(page)
  await page.getByRole('button', { name: read }).click()
  await page.getByText(done).filter({ visible: true }).first().waitFor()
}

/** Past every part of the words, as a reader does. */
export async function scrollThrough(page) {
  await page.locator('[data-testid="words"] .part').filter({ visible: true }).first().waitFor()
  await page.evaluate(async () => {
    for (let at = 0; at < document.documentElement.scrollHeight; at += innerHeight / 2) {
      scrollTo(0, at)
      await new Promise((ok) => setTimeout(ok, 60))
    }
  })
}

/** Types into the field with this label. */
export async function fill(page, label, text) {
  const asking = page.getByRole('dialog')
  const ground = (await asking.count()) ? asking.last() : page
  await ground.locator(`[aria-label="${label}"] input, [aria-label="${label}"] textarea, input[aria-label="${label}"], textarea[aria-label="${label}"]`).last().fill(text)
}

/** Signs in through the page by phone and code; gives the person's token. */
export async function byPhone(page, phone) {
  await untilCodeIsFree(phone)
  await at(page, '/packages/auth/sign-in/index')
  await page.getByRole('checkbox').click()
  const inputs = page.locator('uni-page-body input')
  await inputs.nth(0).fill(phone)
  await page.getByText('获取验证码').click()
  await page.getByText('秒后重发').waitFor()
  await inputs.nth(1).fill(await house.code(phone))
  await page.getByRole('button', { name: '登录', exact: true }).click()
  return token(page)
}

export async function byPassword(page, login) {
  const person = people.find((one) => one.login === login)
  await at(page, '/packages/auth/sign-in/index')
  await page.getByText('工作人员', { exact: true }).click()
  await page.getByRole('checkbox').click()
  const inputs = page.locator('uni-page-body input')
  await inputs.nth(0).fill(login)
  await inputs.nth(1).fill(person.password)
  await inputs.nth(2).fill(await freshTotp(person))
  await page.getByRole('button', { name: '登录', exact: true }).click()
  return token(page)
}

export async function token(page) {
  const held = await page.waitForFunction(() => {
    const text = localStorage.getItem('palm.tokens')
    if (!text) return undefined
    const kept = JSON.parse(text)
    return (kept.data ?? kept).access_token
  })
  return held.jsonValue()
}

/** Closes what a journey has left open: nothing of it is to run beside the next. */
export async function leave() {
  for (const program of programs) await program.close()
  programs.clear()
  pages.clear()
}

/** What holds over all journeys together; gives the program's exit code. */
export async function end() {
  await test('no page asked a foreign host for anything', () => must(foreign.size === 0, [...foreign].slice(0, 5).join(' ')))
  await test('no page has a serious fault for assistive technology or is wider than the screen', () => must(faults.length === 0, faults.join('\n')))
  house.close()
  console.log(`${counts.passed} passed, ${counts.failed} failed`)
  return counts.failed ? 1 : 0
}

/** Opens the newest notice of that title from the inbox. */
export async function inbox(page, title) {
  await at(page, '/packages/notifications/list/index')
  await page.getByRole('link', { name: new RegExp(title) }).first().click()
}

/** What the program on this device has kept, read at its next start. */
export const remember = (page, kept) => page.evaluate((kept) => Object.entries(kept).forEach(([key, data]) => localStorage.setItem(`palm.${key}`, JSON.stringify({ type: typeof data, data }))), kept)

/** The page in another language and type, and back. */
export async function otherwise(page, language, large, seen) {
  await remember(page, { language, large_type: large })
  await page.reload()
  await seen()
  await remember(page, { language: 'zh', large_type: false })
}
