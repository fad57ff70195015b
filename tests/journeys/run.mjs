// The journeys of the platform's people, in Chromium, against the real program.
// node tests/journeys/run.mjs [name …] runs those named, or all; PALM_SHOTS=folder keeps a picture of every look.
import { readdirSync } from 'node:fs'
import { end } from './stage.mjs'

const ground = ['house', 'stage', 'run']
const all = readdirSync(import.meta.dirname).map((file) => file.replace('.mjs', '')).filter((name) => !ground.includes(name)).sort()
const named = process.argv.slice(2)
for (const name of named.length ? named : all) await import(`./${name}.mjs`)
process.exit(await end())
