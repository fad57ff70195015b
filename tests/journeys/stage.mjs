// What every journey stands on: browsers on a phone's screen, the looks taken at them, and what went wrong.
import { createRequire } from 'node:module'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cable, open, people, totp } from './house.mjs'

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
const counts = { passed: 0, failed: 0 }
/** Where a page finds the house, when it is not the house's own address. */
const doors = new WeakMap()

/** A browser of its own on a phone's screen. With `line` it reaches the house by a cable that can be cut. */
export async function browser({ line = false, width = 390, height = 844 } = {}) {
  const program = await chromium.launch({ executablePath: process.env.PALM_CHROMIUM ?? '/usr/bin/chromium', headless: true, args: flags })
  programs.add(program)
  const context = await program.newContext({ viewport: { width, height }, hasTouch: true, isMobile: true, locale: 'zh-CN' })
  const page = await context.newPage()
  page.setDefaultTimeout(15000)
  const way = line ? await cable(house.url) : undefined
  const door = way?.url ?? house.url
  doors.set(page, door)
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

export async function test(name, journey) {
  try {
    await journey()
    counts.passed++
    console.log(`ok   ${name}`)
  } catch (error) {
    counts.failed++
    console.log(`FAIL ${name}\n     ${String(error.message ?? error).split('\n').slice(0, 12).join('\n     ')}`)
  }
}

export function must(truth, what) {
  if (!truth) throw new Error(what)
}

/** A page that has said what it is for: looked at by axe (but for a passing word over it), and kept as a picture when asked. */
export async function look(page, name) {
  if (shots) {
    mkdirSync(shots, { recursive: true })
    await page.screenshot({ path: join(shots, `${name}.png`) })
  }
  await page.evaluate(axe)
  const seen = await page.evaluate(() => window.axe.run({ exclude: [['uni-toast']] }, { runOnly: ['wcag2a', 'wcag2aa'] }))
  for (const v of seen.violations) if (['serious', 'critical'].includes(v.impact)) faults.push(`${name}: ${v.id} ${v.nodes[0]?.target}`)
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  if (wide > 1) faults.push(`${name}: ${wide} px wider than the screen`)
}

export const at = (page, route, query = '') => page.goto(`${doors.get(page) ?? house.url}/#${route}${query}`)
export const says = (page, text) => page.getByText(text).first().waitFor()

/** Presses a button by its words, as a person would: the one on top, when a sheet repeats them. */
export async function press(page, words) {
  const sheet = page.getByRole('dialog')
  const where = (await sheet.count()) ? sheet.last() : page
  await where.getByRole('button', { name: words, exact: true }).last().click()
}

/** Types into the field with this label. */
export const fill = (page, label, text) =>
  page.locator(`[aria-label="${label}"] input, [aria-label="${label}"] textarea, input[aria-label="${label}"], textarea[aria-label="${label}"]`).last().fill(text)

/** Signs in through the page by phone and code; gives the person's token. */
export async function byPhone(page, phone) {
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
  await inputs.nth(2).fill(totp(person.totp_secret))
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

/** What holds over all journeys together; gives the program's exit code. */
export async function end() {
  await test('no page asked a foreign host for anything', () => must(foreign.size === 0, [...foreign].slice(0, 5).join(' ')))
  await test('no page has a serious fault for assistive technology or is wider than the screen', () => must(faults.length === 0, faults.join('\n')))
  for (const program of programs) await program.close()
  house.close()
  console.log(`${counts.passed} passed, ${counts.failed} failed`)
  return counts.failed ? 1 : 0
}
