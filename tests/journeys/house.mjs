// The platform and its stand-ins on ports of their own, and people who ask the API directly.
import { spawn } from 'node:child_process'
import { createHmac, randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')
const bin = process.env.PALM_BIN_DIR ?? join(process.env.CARGO_TARGET_DIR ?? join(root, 'target'), 'debug')
export const people = JSON.parse(readFileSync(join(root, 'seeds/demo/people.json'), 'utf8'))

/** Starts a program and gives the address that it prints. */
function start(name, args, env) {
  const child = spawn(join(bin, name), args, { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  return new Promise((ok, no) => {
    let out = ''
    child.stdout.on('data', (text) => {
      out += text
      const found = out.match(/listening on (http:\/\/[\d.:]+)/)
      if (found) ok({ child, url: found[1] })
    })
    child.stderr.on('data', (text) => { out += text })
    child.on('exit', (code) => no(new Error(`${name} ended with ${code}: ${out.slice(-800)}`)))
  })
}

/** When each phone was last sent a code. One a minute: whoever comes too early waits, as a person would. */
const sent = new Map()
export async function untilCodeIsFree(phone) {
  const wait = (sent.get(phone) ?? 0) + 61_000 - Date.now()
  if (wait > 0) await new Promise((ok) => setTimeout(ok, wait))
}

/** A port that is free now. */
const freePort = () => new Promise((ok) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address()
    server.close(() => ok(port))
  })
})

/** What the console of the mini-program would hold. */
const push = { token: 'standinpush', key: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG' }

/** What the console of Tencent Meeting would hold. */
const meetings = { token: 'standinMeetingWebhook0000', key: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG' }

/** What the console of 电子签 would hold. */
const esign = { token: 'standin-ess-token', key: '0123456789standinCALLBACKkey0123' }

/** On SQLite, or on the PostgreSQL database that is given. */
export async function open(database) {
  const folder = mkdtempSync(join(tmpdir(), 'palm-journeys-'))
  const smtp = `127.0.0.1:${await freePort()}`
  const standins = await start('palm-standins', ['--bind', '127.0.0.1:0', '--smtp-bind', smtp], {})
  // WeChat fetches pictures from the public address: it must be known beforehand.
  const own = `127.0.0.1:${await freePort()}`
  const env = {
    PALM_BIND: own, PALM_PUBLIC_URL: `http://${own}`, PALM_DEMO: 'true', PALM_REQUESTS_PER_MINUTE: '0',
    PALM_DATABASE_URL: database ?? `sqlite://${folder}/palm.db`, PALM_UNSAFE_DATABASE: String(Boolean(database)), PALM_KEYS_DIR: `${folder}/keys`, PALM_FILES_DIR: `${folder}/files`,
    PALM_SMS_SECRET_ID: 'standin-sms-id', PALM_SMS_SECRET_KEY: 'standin-sms-key', PALM_SMS_APP_ID: '1400000000',
    PALM_SMS_TEMPLATE: '1', PALM_SMS_NOTICE_TEMPLATE: '2', PALM_SMS_NOTICE_LINKS: 'true', PALM_SMS_SIGN_NAME: 'demo', PALM_SMS_URL: standins.url,
    PALM_SMTP_URL: `smtp://${smtp}`, PALM_SMTP_FROM: 'talks@palm.example',
    PALM_MEETING_SECRET_ID: 'standin-meeting-id', PALM_MEETING_SECRET_KEY: 'standin-meeting-key', PALM_MEETING_APP_ID: 'standin-enterprise',
    PALM_MEETING_USER_ID: 'standin-host', PALM_MEETING_URL: standins.url, PALM_MEETING_WEBHOOK_TOKEN: meetings.token, PALM_MEETING_WEBHOOK_KEY: meetings.key,
    PALM_ESS_SECRET_ID: 'standin-sms-id', PALM_ESS_SECRET_KEY: 'standin-sms-key', PALM_ESS_OPERATOR_ID: 'standin-operator',
    PALM_ESS_CALLBACK_TOKEN: esign.token, PALM_ESS_CALLBACK_KEY: esign.key, PALM_ESS_URL: standins.url, PALM_ESS_FILES_URL: standins.url,
    PALM_LIVEKIT_URL: standins.url, PALM_LIVEKIT_API_KEY: 'standin-livekit', PALM_LIVEKIT_API_SECRET: 'standin-livekit-secret', PALM_LIVEKIT_PAGE_URL: `${standins.url}/livekit/page`,
    PALM_WECHAT_APP_ID: 'wxstandin00000001', PALM_WECHAT_APP_SECRET: 'standin-secret', PALM_WECHAT_URL: standins.url,
    PALM_WECHAT_FACE_CHECK: 'true', PALM_WECHAT_PUSH_TOKEN: push.token, PALM_WECHAT_PUSH_KEY: push.key,
    PALM_WECHAT_TALK_TEMPLATE: 'standin-long-thing1-time2',
    PALM_WECHAT_LEAD_TEMPLATE: 'standin-long-thing1-character_string2-thing3',
    PALM_WECHAT_DIGEST_TEMPLATE: 'standin-long-number1-thing2-time3',
  }
  await new Promise((ok, no) => {
    const demo = spawn(join(bin, 'palm'), ['demo'], { cwd: root, env: { ...process.env, ...env }, stdio: 'ignore' })
    demo.on('exit', (code) => (code === 0 ? ok() : no(new Error(`palm demo ended with ${code}`))))
  })
  const palm = await start('palm', ['serve'], env)
  const told = async (path, body) => {
    const answer = await fetch(`${standins.url}${path}`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })
    if (!answer.ok) throw new Error(`the stand-in: ${path}: ${answer.status}`)
    return answer.status === 204 ? undefined : answer.json()
  }
  await told('/push-address', { url: `${palm.url}/wechat/push`, mode: 'safe', ...push })
  await told('/livekit/webhook-address', { url: `${palm.url}/callbacks/livekit` })
  return {
    url: palm.url,
    standins: standins.url,
    /** Asks the stand-in for something, such as what the next picture is to be found. */
    standin: told,
    /** The digits of the newest text message to a phone. */
    async code(phone) {
      const all = await (await fetch(`${standins.url}/sms`)).json()
      const list = Array.isArray(all) ? all : (all.items ?? all.sms ?? [])
      const found = list.find((sms) => JSON.stringify(sms).includes(phone))
      const digits = JSON.stringify(found ?? {}).match(/"(\d{6})"/)
      sent.set(phone, Date.now())
      if (!digits) throw new Error(`no code was sent to ${phone}: ${JSON.stringify(all).slice(0, 300)}`)
      return digits[1]
    },
    /** Mails to an address, newest first, as plain text: what is encoded for the road is taken off. */
    async mails(address) {
      const all = await (await fetch(`${standins.url}/mails`)).json()
      const plain = ({ raw }) => {
        const parts = raw.split(/\r\n--[^\r\n]+\r\n|\r\n\r\n(?=Content-)/)
        return parts.map((part) => {
          const [head, ...rest] = part.split('\r\n\r\n')
          const body = rest.join('\r\n\r\n')
          if (/encoding: base64/i.test(head)) return Buffer.from(body, 'base64').toString()
          if (!/quoted-printable/i.test(head)) return body
          return Buffer.from(body.replace(/=\r\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16))), 'latin1').toString()
        }).join('\n')
      }
      return all.filter((mail) => mail.to.includes(address)).map(plain)
    },
    /** Page and query of the mini-program that the newest code or link of WeChat's opens. */
    async opens() {
      const [newest] = await (await fetch(`${standins.url}/openings`)).json()
      return newest
    },
    close() {
      palm.child.removeAllListeners('exit'); standins.child.removeAllListeners('exit')
      palm.child.kill(); standins.child.kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A way to the house that can be cut like a cable: what runs through it breaks, and nothing new comes through. */
export async function cable(to) {
  const open = new Set()
  let whole = true
  const server = createServer((near) => {
    if (!whole) return near.destroy()
    const far = connect(Number(new URL(to).port), '127.0.0.1')
    for (const end of [near, far]) {
      open.add(end)
      end.on('error', () => {})
      end.on('close', () => { open.delete(end); near.destroy(); far.destroy() })
    }
    near.pipe(far).pipe(near)
  })
  await new Promise((ok) => server.listen(0, '127.0.0.1', ok))
  server.unref()
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    cut() {
      whole = false
      for (const end of open) end.destroy()
    },
    mend() { whole = true },
  }
}

/** RFC 6238, as the staff's authenticator shows it. */
export function totp(secret, at = Date.now()) {
  const bits = [...secret].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)))
  const step = Buffer.alloc(8)
  step.writeBigUInt64BE(BigInt(Math.floor(at / 30000)))
  const mac = createHmac('sha1', key).update(step).digest()
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1e6).padStart(6, '0')
}

const usedAt = new Map()
/** A one-time code of the staff's that was not used before: the house takes each once. */
export async function freshTotp(person) {
  while (usedAt.get(person.login) === Math.floor(Date.now() / 30000)) await new Promise((ok) => setTimeout(ok, 500))
  usedAt.set(person.login, Math.floor(Date.now() / 30000))
  return totp(person.totp_secret)
}

/** Signs in without a browser; `who` is a login or a phone. Gives the answer with its tokens. */
export async function enter(house, who) {
  const ask = api(house)
  const person = people.find((one) => one.login === who)
  if (person) return ask('POST', '/auth/sessions', { method: 'password', login: who, password: person.password, totp: await freshTotp(person) })
  await untilCodeIsFree(who)
  await ask('POST', '/auth/codes', { phone: who })
  return ask('POST', '/auth/sessions', { method: 'phone_code', phone: who, code: await house.code(who) })
}

/** The API as one person uses it. */
export function api(house, token) {
  return async (method, path, body) => {
    const answer = await fetch(`${house.url}/api/v1${path}`, {
      method,
      headers: { 'Content-Type': 'application/json', 'Idempotency-Key': randomUUID(), ...(token && { Authorization: `Bearer ${token}` }) },
      body: body && JSON.stringify(body),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text.slice(0, 400)}`)
    return text ? JSON.parse(text) : undefined
  }
}
