// Asks the running program, by its own document, everything that schemathesis can think of: each operation as somebody
// who may do it by the role matrix (who may not is tested by tests/it/access.rs), the work shared among the roles. Bounded
// and seeded; each asker in a process of one worker, since two trip over each other inside Python. PALM_TEST_PYTHON names the Python that has schemathesis.
// node tests/openapi/run.mjs [postgres://…]
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { enter, open } from '../journeys/house.mjs'

const here = import.meta.dirname
const python = process.env.PALM_TEST_PYTHON ?? 'python3'
const program = process.env.PALM_TEST_PYTHON ? join(dirname(python), 'schemathesis') : 'schemathesis'
const seed = process.env.PALM_TEST_SEED ?? '20260'
const examples = process.env.PALM_TEST_EXAMPLES ?? '10'

const house = await open(process.argv[2])
// One person of each role, as in seeds/demo/people.json.
const seats = {
  unit_official: 'heshan.official', information_task_force: 'taskforce.one', negotiator: 'negotiator.services', service_agent: 'service.land', leader: 'leader.city',
  investor: '19000000037', consultant: '19000000034',
  system_administrator: 'admin.system', security_administrator: 'admin.security', audit_administrator: 'admin.audit',
}
const [heads, ...rows] = readFileSync(resolve(here, '../../src/people/auth/role_matrix.csv'), 'utf8').split('\n').filter((line) => line && !line.startsWith('#')).map((line) => line.split(','))
const shares = Object.fromEntries(['nobody', ...Object.keys(seats)].map((role) => [role, []]))
for (const row of rows) {
  const may = (role) => row[heads.indexOf(role)] !== '-'
  const able = may('nobody') ? ['nobody'] : Object.keys(seats).filter(may)
  able.sort((a, b) => shares[a].length - shares[b].length)
  shares[able[0]].push(row[0])
}
const waiting = []
for (const [role, operations] of Object.entries(shares)) {
  const token = role === 'nobody' ? undefined : (await enter(house, seats[role])).access_token
  if (operations.length) waiting.push([role, operations, token])
}

// Where it keeps what it found.
const folder = mkdtempSync(join(tmpdir(), 'palm-openapi-'))
const ask = ([who, operations, token]) => new Promise((ok, no) => {
  const given = ['--config-file', join(here, 'schemathesis.toml'), '--no-color', 'run', resolve(here, '../../openapi/openapi.json'),
    '--url', house.url, '--seed', seed, '--max-examples', examples, '--workers', '1', '--continue-on-failure', '--phases', 'examples,coverage,fuzzing']
  for (const operation of operations) given.push('--include-operation-id', operation)
  if (token) given.push('--header', `Authorization:Bearer ${token}`)
  const child = spawn(program, given, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => { said += text })
  child.on('error', no)
  child.on('close', (code) => {
    console.log(`\n-- ${who}: ${operations.length} operations, seed ${seed}\n${said}`)
    ok(code)
  })
})
const codes = []
const asker = async () => {
  for (let next = waiting.shift(); next; next = waiting.shift()) codes.push(await ask(next))
}
await Promise.all([asker(), asker(), asker()])
house.close()
rmSync(folder, { recursive: true })
process.exit(codes.every((code) => code === 0) ? 0 : 1)
