/**
 * `npx --yes pnpm@12 bench [options]`: figures of this checkout beside its peers, in one run on one machine.
 *   --part reads|databases|queries|functions|neighbours|copies|crowd|all  (all: without copies and crowd)    --seconds 5   --rounds 5   --connections 32   --databases 30
 *   --megabytes 256: of the database that is copied
 *   --keys 10000   --subjects 10000   --requests 1000000: the crowd
 *   --part soak     databases used, put to sleep and woken at random, with fewer places than databases:
 *                   --seconds 600 --databases 200 --callers 8 --places 64; --save writes bench/SOAK.md
 *   --only <text>   only targets whose name holds it
 *   --json <file>   all figures as JSON      --save   writes bench/RESULTS.md      --keep   keeps the run's folder
 */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startChildren } from './children.ts'
import { measureCopies } from './copies.ts'
import { measureDatabases } from './create.ts'
import { measureCrowd } from './crowd.ts'
import { measureFunctions } from './functions.ts'
import { measureLargeRequests } from './large-requests.ts'
import { measureNeighbours } from './neighbours.ts'
import { serversBelow } from './processes.ts'
import { measureQueries } from './queries.ts'
import { measureReads } from './reads.ts'
import {
  describeMachine,
  loadBefore,
  machineToMarkdown,
  type Report,
  toMarkdown,
  toRatios,
} from './report.ts'
import { isClean, runSoak, soakToMarkdown } from './soak.ts'
import { WORKERD_PATH } from './workerd.ts'

const HERE = dirname(fileURLToPath(import.meta.url))
const RESULTS = join(HERE, '..', 'RESULTS.md')
const NOTES_HEADING = '## Notes'

const { values } = parseArgs({
  // pnpm hands on the `--` that parts its own options from ours.
  args: process.argv.slice(2).filter((arg) => arg !== '--'),
  options: {
    part: { type: 'string', default: 'all' },
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '32' },
    databases: { type: 'string', default: '30' },
    keys: { type: 'string', default: '10000' },
    megabytes: { type: 'string', default: '256' },
    subjects: { type: 'string', default: '10000' },
    requests: { type: 'string', default: '1000000' },
    callers: { type: 'string', default: '8' },
    places: { type: 'string', default: '64' },
    only: { type: 'string' },
    json: { type: 'string' },
    save: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
})

const folder = mkdtempSync(join(tmpdir(), 'db9-bench-'))
// Open for passage, or the servers of a run as root would be placed elsewhere and outlive the folder.
chmodSync(folder, 0o711)
const children = startChildren(folder, WORKERD_PATH)
let stopping = false
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, async () => {
    if (stopping) return
    stopping = true
    await children.stopAll()
    process.exit(1)
  })
}

try {
  await (values.part === 'soak' ? soak() : run())
} catch (error) {
  if (!stopping) say(error instanceof Error ? (error.stack ?? error.message) : String(error))
  process.exitCode = 1
} finally {
  await children.stopAll()
  const left = serversBelow(folder)
  if (left.length > 0) {
    say(`Postgres servers were left running, pids ${left.join(', ')}: the stack did not stop as it should.`)
    process.exitCode = 1
  }
  if (values.keep || process.exitCode === 1) say(`Logs and data are in ${folder}`)
  else rmSync(folder, { recursive: true, force: true })
}

async function run(): Promise<void> {
  const seconds = positive('seconds', values.seconds)
  const rounds = positive('rounds', values.rounds)
  const connections = positive('connections', values.connections)
  const count = positive('databases', values.databases)
  const loadAtStart = loadBefore()
  say(`Load average before the run: ${loadAtStart}`)
  const runs = (part: string) =>
    values.part === part || (values.part === 'all' && part !== 'crowd' && part !== 'copies')
  const measures = runs('databases') ? await measureDatabases({ children, folder, count, say }) : []
  if (runs('queries')) {
    const env = { DB9_HOME: join(folder, 'queries') }
    const stack = await children.node('queries', { script: join(HERE, 'servers/stack.ts'), env })
    measures.push(...(await measureQueries({ stack, say })))
    await children.stop('queries')
  }
  if (runs('functions')) {
    const env = { DB9_HOME: join(folder, 'functions') }
    const stack = await children.node('functions', { script: join(HERE, 'servers/stack.ts'), env })
    measures.push(...(await measureFunctions({ stack, say })))
    await children.stop('functions')
  }
  if (runs('copies')) {
    const env = { DB9_HOME: join(folder, 'copies') }
    const stack = await children.node('copies', { script: join(HERE, 'servers/stack.ts'), env })
    measures.push(
      ...(await measureCopies({ stack, megabytes: positive('megabytes', values.megabytes), say })),
    )
    await children.stop('copies')
  }
  if (runs('neighbours')) {
    const env = { DB9_HOME: join(folder, 'neighbours') }
    const stack = await children.node('neighbours', { script: join(HERE, 'servers/stack.ts'), env })
    measures.push(...(await measureNeighbours({ stack, seconds, say })))
    measures.push(...(await measureLargeRequests({ stack, seconds, say })))
    await children.stop('neighbours')
  }
  if (runs('crowd')) measures.push(...(await measureCrowd({ children, folder, ...crowdSize(), say })))
  const figures = runs('reads')
    ? await measureReads({ children, folder, seconds, rounds, connections, only: values.only ?? null, say })
    : []
  const report: Report = {
    machine: describeMachine(commandLine(), loadAtStart),
    rounds,
    seconds,
    connections,
    figures,
    ratios: figures.length > 0 ? toRatios(figures) : [],
    measures,
  }
  const text = toMarkdown(report)
  process.stdout.write(`\n${text}`)
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`)
  if (values.save) saveResults(text)
}

async function soak(): Promise<void> {
  const loadAtStart = loadBefore()
  const env = { DB9_HOME: join(folder, 'soak'), DB9_MAX_RUNNING: values.places }
  const stack = await children.node('soak', { script: join(HERE, 'servers/stack.ts'), env })
  const options = {
    databases: positive('databases', values.databases),
    seconds: positive('seconds', values.seconds),
    callers: positive('callers', values.callers),
  }
  const report = await runSoak({ stack, ...options, say })
  const text = [
    machineToMarkdown(describeMachine(commandLine(), loadAtStart)),
    `${options.databases} databases, ${values.places} places, ${options.callers} callers, ${options.seconds} s.`,
    soakToMarkdown(report),
  ].join('\n\n')
  process.stdout.write(`\n${text}`)
  if (values.save) writeFileSync(join(HERE, '..', 'SOAK.md'), `# Soak\n\n${text}`)
  if (!isClean(report)) process.exitCode = 1
}

function commandLine(): string {
  return `npx --yes pnpm@12 bench ${process.argv.slice(2).join(' ')}`.trim()
}

/** Replaces the figures and keeps the notes, which people write. */
function saveResults(text: string): void {
  const old = readFileSync(RESULTS, 'utf8')
  const notes = old.slice(old.indexOf(NOTES_HEADING))
  writeFileSync(RESULTS, `# Results\n\n${text}\n${notes}`)
}

function crowdSize() {
  return {
    keys: positive('keys', values.keys),
    subjects: positive('subjects', values.subjects),
    requests: positive('requests', values.requests),
  }
}

function positive(name: string, text: string): number {
  const value = Number(text)
  if (value > 0) return value
  throw new Error(`--${name} is "${text}"; it takes a number greater than 0`)
}

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}
