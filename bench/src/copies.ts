/** Copies of a database that is written to: a branch of now, a branch of a moment, a backup and its restore. */
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Announced } from './children.ts'
import type { Measure } from './report.ts'
import { type RestCall, restClient, textField } from './rest.ts'
import { quantile } from './stats.ts'

export interface CopiesOptions {
  stack: Announced
  /** What the source holds, besides what an empty database does. */
  megabytes: number
  say(text: string): void
}

const WRITES_PER_SECOND = 1_000
const WRITERS = 8
const QUIET_MS = 5_000
const POLL_MS = 50
const LIMIT_MS = 10 * 60_000

export async function measureCopies({ stack, megabytes, say }: CopiesOptions): Promise<Measure[]> {
  const call = restClient({ url: String(stack.url), token: String(stack.token) })
  say(`Filling a database with ${megabytes} MB …`)
  const created = await call('POST', '/customer/databases', { name: 'source' })
  const source = `/customer/databases/${textField(created, 'id')}`
  await fill(call, source, megabytes)
  const writer = await startWriting(textField(created, 'connection_string'))
  try {
    say(`Writing ${WRITES_PER_SECOND} rows a second; branching …`)
    await sleep(QUIET_MS)
    const alone = writer.since(0)
    const from = performance.now()
    const branch = await timed(() => makeBranch(call, source, { name: 'now' }))
    const during = writer.since(from)

    await sleep(QUIET_MS)
    const moment = new Date()
    const written = writer.acknowledgedBefore(moment.getTime())
    await sleep(2_000)
    say('Branching at a moment …')
    const at = await timed(() => makeBranch(call, source, { name: 'at', snapshot_at: moment.toISOString() }))
    const exact = await rowsOf(call, at.value)
    await writer.stop()

    say('Backing up and restoring …')
    const backup = await timed(() => makeBackup(call, source))
    const restore = await timed(() => restoreBackup(call, backup.value))
    const total = await rowsOf(call, source)
    const restored = await rowsOf(call, restore.value)
    const size = `${megabytes} MB`
    return [
      seconds(
        `Branch of now, ${size}, ${WRITES_PER_SECOND} writes/s`,
        branch.ms,
        describeWriter(alone, during),
      ),
      seconds(
        `Branch at a moment, ${size}, ${WRITES_PER_SECOND} writes/s`,
        at.ms,
        `${exact} rows in it; between ${written.least} and ${written.most} were acknowledged around the moment`,
      ),
      seconds(`Backup, ${size}`, backup.ms, 'written, read back and checked'),
      seconds(`Restore of it, ${size}`, restore.ms, `${restored} of ${total} rows`),
    ]
  } finally {
    await writer.stop()
  }
}

async function fill(call: RestCall, database: string, megabytes: number): Promise<void> {
  await call('POST', `${database}/sql`, {
    query: `create table filler (id bigint generated always as identity primary key, body text storage external);
            create table writes (n bigint primary key, at timestamptz not null default clock_timestamp())`,
  })
  // In parts, since one statement has a minute.
  for (let done = 0; done < megabytes; done += 64) {
    const rows = Math.min(64, megabytes - done) * 128
    const query = `insert into filler (body) select repeat(md5(n::text), 250) from generate_series(1, ${rows}) n`
    await call('POST', `${database}/sql`, { query })
  }
}

interface Written {
  count: number
  p99Ms: number
  longestMs: number
}

interface Writer {
  /** What was acknowledged since, by `performance.now()`. */
  since(from: number): Written
  /** How many rows were surely, and how many possibly, committed before a moment of the wall clock. */
  acknowledgedBefore(moment: number): { least: number; most: number }
  stop(): Promise<void>
}

/** Paced writers, each with a session of its own, who note when each row was sent and acknowledged. */
async function startWriting(connectionString: string): Promise<Writer> {
  const done: { sentAt: number; ackedAt: number }[] = []
  const offset = Date.now() - performance.now()
  let next = 0
  let stopping = false
  const work = async (client: pg.Client) => {
    for (let due = performance.now(); !stopping; due += (1_000 * WRITERS) / WRITES_PER_SECOND) {
      const early = due - performance.now()
      if (early > 1) await sleep(early)
      const sentAt = performance.now()
      await client.query({ name: 'w', text: 'insert into writes (n) values ($1)', values: [next++] })
      done.push({ sentAt, ackedAt: performance.now() })
    }
    await client.end()
  }
  const clients = await Promise.all(
    Array.from({ length: WRITERS }, async () => {
      const client = new pg.Client({ connectionString })
      await client.connect()
      return client
    }),
  )
  const working = Promise.all(clients.map(work))
  return {
    since(from) {
      const times = done
        .filter(({ ackedAt }) => ackedAt >= from)
        .map(({ sentAt, ackedAt }) => ackedAt - sentAt)
      times.sort((left, right) => left - right)
      return { count: times.length, p99Ms: quantile(times, 0.99), longestMs: times.at(-1) ?? 0 }
    },
    acknowledgedBefore(moment) {
      const at = moment - offset
      const least = done.filter(({ ackedAt }) => ackedAt <= at).length
      return { least, most: least + WRITERS }
    },
    async stop() {
      stopping = true
      await working
    },
  }
}

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; ms: number }> {
  const started = performance.now()
  const value = await work()
  return { value, ms: performance.now() - started }
}

/** The path of the branch, which is ACTIVE. */
async function makeBranch(call: RestCall, source: string, body: object): Promise<string> {
  const path = `/customer/databases/${textField(await call('POST', `${source}/branch`, body), 'id')}`
  await until(async () => {
    const reply = await call('GET', path)
    const state = textField(reply, 'state')
    if (state === 'CREATE_FAILED') throw new Error(`the branch failed: ${JSON.stringify(reply)}`)
    return state === 'ACTIVE'
  })
  return path
}

async function makeBackup(call: RestCall, source: string): Promise<string> {
  const id = textField(await call('POST', `${source}/backups`, { label: 'bench' }), 'id')
  await until(async () => {
    const reply = await call('GET', `${source}/backups/${id}`)
    const state = textField(reply, 'state')
    if (state === 'failed') throw new Error(`the backup failed: ${JSON.stringify(reply)}`)
    return state === 'ready'
  })
  return id
}

/** The path of the database that came of it. */
async function restoreBackup(call: RestCall, backupId: string): Promise<string> {
  const started = await call('POST', '/customer/restores', { backup_id: backupId, target_name: 'restored' })
  const path = `/customer/restores/${textField(started, 'id')}`
  await until(async () => {
    const reply = await call('GET', path)
    const status = textField(reply, 'status')
    if (status === 'failed') throw new Error(`the restore failed: ${JSON.stringify(reply)}`)
    return status === 'completed'
  })
  return `/customer/databases/${textField(started, 'target_database_id')}`
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const end = performance.now() + LIMIT_MS; performance.now() < end; ) {
    if (await isSo()) return
    await sleep(POLL_MS)
  }
  throw new Error(`not within ${LIMIT_MS / 1000} s`)
}

async function rowsOf(call: RestCall, database: string): Promise<number> {
  const reply = await call('POST', `${database}/sql`, { query: 'select count(*)::int from writes' })
  return (reply as { rows: [[number]] }).rows[0][0]
}

function describeWriter(alone: Written, during: Written): string {
  const ms = (value: number) => `${value.toFixed(1)} ms`
  return (
    `a write took ${ms(during.p99Ms)} at p99, ${ms(during.longestMs)} at most, in ${during.count}; ` +
    `${ms(alone.p99Ms)} and ${ms(alone.longestMs)} before`
  )
}

function seconds(name: string, ms: number, detail: string): Measure {
  return { name, unit: 's', value: ms / 1000, detail }
}
