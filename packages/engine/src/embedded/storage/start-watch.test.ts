/** The watch of a start, of programs that write as a hostile data directory could make a server do. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { EngineError } from '../../errors.ts'
import { type ServerFiles, serverFiles } from '../cluster/server-files.ts'
import { type GrowthBound, StartWatch } from './start-watch.ts'
import { measure } from './usage.ts'

const MB = 2 ** 20
const LONG_MS = 600_000
const MOST: GrowthBound = {
  quotaBytes: 64 * MB,
  countedBytes: 0,
  mostBytes: 64 * MB,
  refusal: new EngineError('failed', 'too much'),
}

let files: ServerFiles
let children: ChildProcess[]
let watches: StartWatch[]
beforeEach(() => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'db9-start-'))
  files = serverFiles({ dataFolder, socketFolder: join(dataFolder, 's') } as never, 'db_a')
  for (const folder of [files.folder, files.data, join(files.data, 'pg_wal'), files.inbox]) mkdirSync(folder)
  writeFileSync(files.log, '')
  children = []
  watches = []
})
afterEach(() => {
  for (const watch of watches) watch.end()
  for (const child of children) child.kill('SIGKILL')
  rmSync(join(files.folder, '..'), { recursive: true, force: true })
})

function watching({ growth = null as GrowthBound | null, limitMs = LONG_MS }) {
  let ended = 0
  const watch = new StartWatch(files, { usedBefore: null, growth, limitMs, placeMs: LONG_MS }, () => {
    ended += 1
  })
  watches.push(watch)
  return { watch, ended: () => ended }
}

/** A program, and one that it has started, which is what runs the script. */
function run(script: string): ChildProcess {
  const child = spawn('sh', ['-c', `( ${script} ) & wait`], { cwd: files.data, stdio: 'ignore' })
  children.push(child)
  return child
}

/** Little by little, so that it does not depend on the machine how much is written between two looks: 600 MB in 7.5 s. */
const write = (target: string) =>
  `for i in $(seq 75); do head -c 8388608 /dev/zero ${target}; sleep 0.1; done; sleep 60`

describe.runIf(process.platform === 'linux')('a start beyond its bound', () => {
  test.each([
    ['one file', write('>> junk')],
    ['many files', write('> junk$i')],
    ['its inbox', write('> ../inbox/junk$i')],
    ['a file that it has deleted', `exec 3> junk; rm junk; ${write('>&3')}`],
    ['a program that it has left behind', `( ${write('>> junk')} ) & sleep 60`],
  ])(
    'is ended with all that it started where it writes %s',
    async (_, script) => {
      const { watch, ended } = watching({ growth: MOST })
      const child = run(script)
      watch.add(child)
      const [, signal] = await once(child, 'exit')
      expect(signal).toBe('SIGKILL')
      expect([watch.failure?.message, watch.signal.aborted, ended()]).toEqual(['too much', true, 1])
      const { bytes } = await measure(files)
      expect(bytes).toBeLessThan(300 * MB)
      await new Promise((resolve) => setTimeout(resolve, 500))
      expect((await measure(files)).bytes).toBeLessThan(bytes + MB)
    },
    30_000,
  )

  test('is ended by what it writes where its files cannot be counted', async () => {
    const { watch } = watching({ growth: { ...MOST, countedBytes: Number.POSITIVE_INFINITY } })
    const child = run(write('>> junk'))
    watch.add(child)
    await once(child, 'exit')
    expect(watch.failure?.message).toBe('too much')
    expect(statSync(join(files.data, 'junk')).size).toBeLessThan(300 * MB)
  }, 30_000)

  test('is not tried again', async () => {
    const { watch, ended } = watching({ growth: { ...MOST, mostBytes: 1 } })
    const first = run(write('>> junk'))
    watch.add(first)
    await once(first, 'exit')
    const second = run('sleep 60')
    watch.add(second)
    const [, signal] = await once(second, 'exit')
    expect([signal, ended()]).toEqual(['SIGKILL', 1])
  }, 30_000)
})

test('a start that stays within its bound ends by itself, however much it writes', async () => {
  const { watch, ended } = watching({ growth: MOST })
  const child = run('for i in $(seq 40); do head -c 8388608 /dev/zero > junk; sleep 0.02; done')
  watch.add(child)
  expect(await once(child, 'exit')).toEqual([0, null])
  expect([watch.failure, ended()]).toEqual([null, 0])
}, 30_000)

test('a start that takes too long is ended, and one that serves is not', async () => {
  const { watch } = watching({ limitMs: 300 })
  const child = run('sleep 60')
  watch.add(child)
  await once(child, 'exit')
  expect(watch.failure?.message).toBe('the database did not start in time')

  const { watch: other } = watching({ limitMs: 300 })
  const server = run('sleep 1')
  other.add(server)
  other.serves()
  expect(await once(server, 'exit')).toEqual([0, null])
  expect(other.failure).toBeNull()
}, 30_000)

test('a start that is given up is ended with all that it started, before its first process, too', async () => {
  const { watch, ended } = watching({})
  const child = run('sleep 60')
  watch.add(child)
  watch.giveUp()
  expect((await once(child, 'exit'))[1]).toBe('SIGKILL')
  expect([watch.failure?.code, watch.signal.aborted, ended()]).toEqual(['unavailable', true, 1])

  const { watch: early } = watching({})
  early.giveUp()
  const late = run('sleep 60')
  early.add(late)
  expect((await once(late, 'exit'))[1]).toBe('SIGKILL')
}, 30_000)

test('cuts the log of a start', async () => {
  const { watch } = watching({})
  const child = run(
    'for i in $(seq 10); do head -c 2097152 /dev/zero >> ../postgres.log; sleep 0.05; done; sleep 60',
  )
  watch.add(child)
  await expect
    .poll(() => statSync(`${files.log}.1`, { throwIfNoEntry: false })?.size, { timeout: 20_000 })
    .toBe(256 * 1024)
  await new Promise((resolve) => setTimeout(resolve, 700))
  expect(statSync(files.log).size).toBeLessThan(10 * MB)
  expect(watch.failure).toBeNull()
}, 30_000)
