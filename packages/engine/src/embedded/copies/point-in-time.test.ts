import { chmodSync, readdirSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { newId } from '@db9/types/ids'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { adminVerifier, knowing, loginKey, pidOf, query, until } from '../../testing/databases.ts'
import { startTestEngine, type TestEngine } from '../../testing/engine.ts'
import { momentAfter, startWriter, type Writer } from '../../testing/writer.ts'
import { createEmbeddedEngine } from '../create.ts'
import type { EmbeddedEngine } from '../embedded-engine.ts'

let testEngine: TestEngine
let base: string
let engine: EmbeddedEngine
let source: string
beforeAll(async () => {
  testEngine = await startTestEngine()
  engine = testEngine.engine
  base = testEngine.base
})
afterAll(async () => {
  await testEngine?.dispose()
})
beforeEach(async () => {
  source = newId('database')
  await engine.create({ id: source, adminVerifier })
})

async function branchAt(from: string, at: Date): Promise<string> {
  const id = newId('database')
  await engine.stage(id, { kind: 'database', id: from, at, data: true })
  await engine.resetSecrets(id, { adminVerifier })
  await engine.publish(id)
  return id
}

/** The rows of the writer's table, which are the first so many, or the test fails. */
async function rowsOf(id: string): Promise<number> {
  const [[count, last]] = (await query(
    engine,
    id,
    'select count(*)::int, coalesce(max(n), 0)::int from written',
  )) as [[number, number]]
  expect(last).toBe(count)
  return count
}

async function write(rows: number): Promise<Writer> {
  const writer = await startWriter(engine, source, { pauseMs: 4 })
  await until(() => writer.commits.length >= rows)
  await writer.stop()
  return writer
}

/** Some rows after which no commit was under way for a whole millisecond. */
function moments(writer: Writer, most: number): { n: number; at: Date }[] {
  const all = writer.commits.flatMap((_, index) => {
    const at = momentAfter(writer, index + 1)
    return at ? [{ n: index + 1, at }] : []
  })
  const step = Math.max(1, Math.floor(all.length / most))
  return all.filter((_, index) => index % step === 0).slice(0, most)
}

async function restart(): Promise<void> {
  await engine.close()
  engine = await createEmbeddedEngine({ loginKey, home: join(base, 'home') })
  await engine.reconcile(knowing([source]))
}

describe('a branch at a moment holds exactly the rows committed until then', () => {
  test('while the source is written to, again and again', async () => {
    const writer = await startWriter(engine, source, { pauseMs: 4 })
    await until(() => writer.commits.length >= 60)
    const chosen = moments(writer, 3)
    expect(chosen.length).toBe(3)
    for (const { n, at } of chosen) expect(await rowsOf(await branchAt(source, at))).toBe(n)
    await writer.stop()
    expect(await rowsOf(source)).toBe(writer.commits.length)
  })

  test('to the microsecond', async () => {
    await query(engine, source, 'create table exact (at timestamptz)')
    // Commits within one millisecond of each other are told apart by the log's own time of each.
    const stamps: string[] = []
    for (let i = 0; i < 20; i++) {
      await query(engine, source, 'insert into exact values (clock_timestamp())')
      const now = `select to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
      stamps.push(((await query(engine, source, now)) as [[string]])[0][0])
    }
    const chosen = stamps.findIndex((text) => !text.endsWith('000Z'))
    const text = stamps[chosen] ?? ''
    const at = new Date(text)
    const id = newId('database')
    const micros = Number(text.slice(-4, -1))
    await engine.stage(id, { kind: 'database', id: source, at, micros, data: true })
    await engine.resetSecrets(id, { adminVerifier })
    await engine.publish(id)
    const kept = (await query(engine, id, `select count(*)::int, max(at) <= '${text}' from exact`)) as [
      [number, boolean],
    ]
    expect(kept).toEqual([[chosen + 1, true]])
  })

  test('in a time in which nothing was written, up to now', async () => {
    const writer = await write(5)
    await sleep(300)
    expect(await rowsOf(await branchAt(source, new Date()))).toBe(writer.commits.length)
    expect(await rowsOf(await branchAt(source, new Date(Date.now() - 150)))).toBe(writer.commits.length)
  })

  test('of a source that sleeps, without waking it, before and after its stop', async () => {
    const writer = await write(30)
    await engine.stop(source)
    const stoppedAt = new Date()
    for (const { n, at } of moments(writer, 2)) expect(await rowsOf(await branchAt(source, at))).toBe(n)
    expect(await rowsOf(await branchAt(source, stoppedAt))).toBe(writer.commits.length)
    expect(engine.isRunning(source)).toBe(false)
  })

  test('before a stop of the source that has been woken and written to since', async () => {
    const first = await write(20)
    await engine.stop(source)
    await write(10)
    const [{ n, at }] = moments(first, 1) as [{ n: number; at: Date }]
    expect(await rowsOf(await branchAt(source, at))).toBe(n)
    expect(await rowsOf(source)).toBeGreaterThanOrEqual(30)
  })

  test('of a source that was killed, up to its last commit', async () => {
    const writer = await write(20)
    const { epoch } = await engine.connect(source)
    process.kill(pidOf(epoch), 'SIGKILL')
    await until(() => !engine.isRunning(source))
    expect(await rowsOf(await branchAt(source, new Date()))).toBe(writer.commits.length)
    const [, { n, at }] = moments(writer, 2) as [unknown, { n: number; at: Date }]
    expect(await rowsOf(await branchAt(source, at))).toBe(n)
    expect(engine.isRunning(source)).toBe(false)
  })

  test('of a source whose archive cannot be written, which goes on writing', async () => {
    chmodSync(join(engine.dataFolder, source, 'inbox'), 0o500)
    const writer = await write(10)
    const [{ n, at }] = moments(writer, 1) as [{ n: number; at: Date }]
    expect(await rowsOf(await branchAt(source, at))).toBe(n)
    expect(await rowsOf(source)).toBe(writer.commits.length)
    // Noticed once it is more than a passing wait.
    const ready = join(engine.dataFolder, source, 'data', 'pg_wal', 'archive_status')
    const longAgo = new Date(Date.now() - 10 * 60_000)
    for (const name of readdirSync(ready)) utimesSync(join(ready, name), longAgo, longAgo)
    expect((await engine.inspect()).archiveFailures).toEqual([{ id: source, since: longAgo }])
    await engine.destroy(source)
  })

  test('of a branch of a branch', async () => {
    await write(5)
    const child = await branchAt(source, new Date())
    const writer = await startWriter(engine, child, { pauseMs: 4 })
    await until(() => writer.commits.length >= 10)
    await expect(branchAt(child, new Date(Date.now() - 60_000))).rejects.toMatchObject({
      code: 'out_of_window',
    })
    await untilRestorable(child)
    const before = writer.commits.length
    await until(() => writer.commits.length >= before + 20)
    await writer.stop()
    const at = momentAfter(writer, before + 10) ?? momentAfter(writer, before + 11)
    const inherited = (await rowsOf(child)) - writer.commits.length
    const rows = await rowsOf(await branchAt(child, at as Date))
    expect([before + 10, before + 11]).toContain(rows - inherited)
  })
})

async function untilRestorable(id: string): Promise<Date> {
  for (let i = 0; i < 500; i++) {
    const { from: earliest } = await engine.restoreWindow(id)
    if (earliest) return earliest
    await sleep(20)
  }
  throw new Error('it has no base')
}

describe('a moment that cannot be restored is refused', () => {
  test('before the database was made, with the earliest that can be', async () => {
    const { from: earliest } = await engine.restoreWindow(source)
    await expect(branchAt(source, new Date(Date.now() - 60_000))).rejects.toMatchObject({
      code: 'out_of_window',
      message: expect.stringContaining(String(earliest?.toISOString())),
    })
  })

  test('in the future', async () => {
    const tomorrow = new Date(Date.now() + 86_400_000)
    await expect(branchAt(source, tomorrow)).rejects.toMatchObject({ code: 'out_of_window' })
  })
})

test('the earliest moment is known without waking the database, and after a restart', async () => {
  await engine.stop(source)
  const { from: earliest } = await engine.restoreWindow(source)
  expect(Date.now() - Number(earliest)).toBeLessThan(60_000)
  await restart()
  expect((await engine.restoreWindow(source)).from).toEqual(earliest)
  expect(engine.isRunning(source)).toBe(false)
})
