// Asks the running program, by its own document, everything that schemathesis can think of: as nobody, as an official
// and as the task force. Bounded and seeded; each asker in a process of one worker, since two trip over each other
// inside Python. PALM_TEST_PYTHON names the Python that has schemathesis.
// node tests/openapi/run.mjs [postgres://…]
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { api, open, people, totp } from '../journeys/house.mjs'

const here = import.meta.dirname
const python = process.env.PALM_TEST_PYTHON ?? 'python3'
const program = process.env.PALM_TEST_PYTHON ? join(dirname(python), 'schemathesis') : 'schemathesis'
const seed = process.env.PALM_TEST_SEED ?? '20260'
const examples = process.env.PALM_TEST_EXAMPLES ?? '10'

const house = await open(process.argv[2])
const signIn = async (login) => {
  const person = people.find((one) => one.login === login)
  const body = { method: 'password', login, password: person.password, totp: totp(person.totp_secret) }
  return (await api(house)('POST', '/auth/sessions', body)).access_token
}
const askers = [['nobody', undefined], ['an official', await signIn('heshan.official')], ['the task force', await signIn('taskforce.one')]]

// Where it keeps what it found.
const folder = mkdtempSync(join(tmpdir(), 'palm-openapi-'))
const ask = ([who, token]) => new Promise((ok, no) => {
  const given = ['--config-file', join(here, 'schemathesis.toml'), '--no-color', 'run', resolve(here, '../../openapi/openapi.json'),
    '--url', house.url, '--seed', seed, '--max-examples', examples, '--workers', '1', '--continue-on-failure', '--phases', 'examples,coverage,fuzzing']
  if (token) given.push('--header', `Authorization:Bearer ${token}`)
  const child = spawn(program, given, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => { said += text })
  child.on('error', no)
  child.on('close', (code) => {
    console.log(`\n-- as ${who}, seed ${seed}\n${said}`)
    ok(code)
  })
})
const codes = await Promise.all(askers.map(ask))
house.close()
rmSync(folder, { recursive: true })
process.exit(codes.every((code) => code === 0) ? 0 : 1)
