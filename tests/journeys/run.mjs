// The journeys of the platform's people, in Chromium, against the real program.
// node tests/journeys/run.mjs [name …] runs those named, or all; PALM_SHOTS=folder keeps a picture of every look.
// Two more at a time than there are cores, each traveller against a platform of its own: much of a journey is waiting, as for the next code.
import { fork } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'

const ground = ['house', 'stage', 'run', 'workbook']
/** They take the longest: whoever begins with them is not waited for in the end. */
const longest = ['pages', 'main_line', 'content']
const all = readdirSync(import.meta.dirname).map((file) => file.replace('.mjs', '')).filter((name) => !ground.includes(name)).sort((a, b) => Number(longest.includes(b)) - Number(longest.includes(a)) || a.localeCompare(b))
const named = process.argv.slice(2)

/** Asks for one journey after the other and runs it. */
async function traveller() {
  const next = () => new Promise((ok) => {
    process.once('message', ok)
    process.send('next')
  })
  const { end, leave } = await import('./stage.mjs')
  for (let name = await next(); name; name = await next()) {
    const begun = Date.now()
    await import(`./${name}.mjs`)
    await leave()
    console.log(`     ${name}: ${Math.round((Date.now() - begun) / 1000)} s`)
  }
  process.exit(await end())
}

/** Hands them out. */
async function host(names) {
  const waiting = [...names]
  const travel = () => new Promise((ok) => {
    const child = fork(import.meta.filename, { env: { ...process.env, PALM_TRAVELLER: '1' } })
    child.on('message', () => child.send(waiting.shift() ?? ''))
    child.on('exit', (code) => ok(code ?? 1))
  })
  const codes = await Promise.all(Array.from({ length: Math.min(availableParallelism() + 2, names.length) }, travel))
  process.exit(waiting.length === 0 && codes.every((code) => code === 0) ? 0 : 1)
}

await (process.env.PALM_TRAVELLER ? traveller() : host(named.length ? named : all))
