/** Each way in which a database's owner, or code inside its server, fills the disk ends at its quota, from the smallest on. */
import { appendFileSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { newId } from '@db9/types/ids'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { DEFAULT_SETTINGS, LEAST_QUOTA_BYTES } from '../../settings.ts'
import {
  accessTo,
  adminVerifier,
  clientOf,
  knowing,
  loginKey,
  makeOpenFolder,
  query,
} from '../../testing/databases.ts'
import { serverFiles } from '../cluster/server-files.ts'
import { createEmbeddedEngine } from '../create.ts'
import type { EmbeddedEngine } from '../embedded-engine.ts'
import { asSuperuser } from '../sql/superuser.ts'
import { boundsOf, FREEING_BYTES, mostWal } from './state.ts'
import { measure } from './usage.ts'

const MB = 2 ** 20
/** What each attack would write is several times as much. */
const ATTACK_MB = 400
/** What is written between the look that finds too much and the end of the sessions. */
const SLACK_BYTES = 128 * MB
const MOST_BYTES = boundsOf(LEAST_QUOTA_BYTES).most + FREEING_BYTES + mostWal(LEAST_QUOTA_BYTES) + SLACK_BYTES

let base: string
let engine: EmbeddedEngine
let id: string
beforeAll(async () => {
  base = makeOpenFolder()
  engine = await createEmbeddedEngine({ loginKey, home: join(base, 'home'), poolSize: 1 })
  await engine.reconcile(knowing([]))
})
afterAll(async () => {
  await engine.close()
  rmSync(base, { recursive: true, force: true })
})
beforeEach(async () => {
  id = newId('database')
  await engine.create({ id, adminVerifier })
  await engine.connect(id)
  await engine.configure(id, { ...DEFAULT_SETTINGS, diskQuotaBytes: LEAST_QUOTA_BYTES })
  await engine.stop(id)
  await query(engine, id, 'create table t (filler text storage external)')
  expect(await stateOf()).toBe('ok')
})
afterEach(() => engine.destroy(id))

const stateOf = async () => (await engine.connect(id)).storage
const used = async () =>
  (await measure(serverFiles({ dataFolder: engine.dataFolder, socketFolder: '' } as never, id))).bytes

/** The most that its folder took while `work` ran, whatever came of it. */
async function most(work: () => Promise<unknown>): Promise<number> {
  let peak = 0
  let isOver = false
  const watching = (async () => {
    while (!isOver) peak = Math.max(peak, await used().catch(() => 0))
  })()
  await work().catch(() => {})
  isOver = true
  await watching
  return Math.max(peak, await used())
}

/** Statement by statement, on sessions of its own, again and again, as somebody does who does not give up. */
const insisting =
  (statements: string[], times = 10) =>
  async () => {
    for (let i = 0; i < times; i++) {
      // As the data proxy does: no client gets in while it is closed.
      for (let waited = 0; (await stateOf().catch(() => 'away')) === 'closed' && waited < 30; waited++)
        await sleep(100)
      if ((await stateOf().catch(() => 'away')) === 'closed') return
      const client = await clientOf(engine, id).catch(() => null)
      for (const statement of statements) await client?.query(statement).catch(() => {})
      await client?.end().catch(() => {})
    }
  }

/** A hundred megabytes a second at most, so that it does not depend on the machine how much is written between two looks. */
const FILL = `insert into t select repeat('x', ${MB}) from generate_series(1, ${ATTACK_MB}) where pg_sleep(0.01)::text is not null`
const FILL_BIT_BY_BIT = `do $$ begin for i in 1 .. ${ATTACK_MB} loop
  insert into t select repeat('x', ${MB}); perform pg_sleep(0.01); commit; set transaction read write; end loop; end $$`

async function copyIn(): Promise<void> {
  const client = await clientOf(engine, id)
  const copy = new pg.Query('copy t from stdin')
  const row = Buffer.from(`${'x'.repeat(MB)}\n`)
  Object.assign(copy, {
    handleCopyInResponse: (connection: { sendCopyFromChunk(chunk: Buffer): void; endCopyFrom(): void }) => {
      for (let i = 0; i < ATTACK_MB; i++) connection.sendCopyFromChunk(row)
      connection.endCopyFrom()
    },
  })
  const ended = new Promise((resolve) => {
    copy.once('end', resolve).once('error', resolve)
    client.once('end', resolve)
  })
  client.query(copy)
  await ended
  await client.end()
}

async function flood(): Promise<void> {
  const listener = await clientOf(engine, id)
  await listener.query('listen x')
  await listener.query('begin')
  await listener.query('select 1')
  await insisting(
    [`select count(pg_notify('x', repeat('n', 7900) || g)) from generate_series(1, 50000) g`],
    2,
  )()
  await listener.end()
}

async function sortAtOnce(): Promise<void> {
  const sort = `select repeat(i::text, 100) as v from generate_series(1, 150000) as i order by v offset 149999`
  await Promise.all(Array.from({ length: 6 }, () => insisting([`begin read only; ${sort}; commit`], 2)()))
}

/** Each would take several hundred megabytes. */
const ATTACKS: [what: string, attack: () => Promise<unknown>][] = [
  ['one INSERT', insisting([FILL], 1)],
  ['INSERTs in transactions that say READ WRITE', insisting(['begin read write', FILL, 'commit'])],
  [
    'INSERTs with default_transaction_read_only off',
    insisting(['set default_transaction_read_only = off', FILL]),
  ],
  ['many small transactions', insisting(['set default_transaction_read_only = off', FILL_BIT_BY_BIT], 3)],
  ['COPY', copyIn],
  [
    'an unlogged table',
    insisting([
      'begin read write',
      `create unlogged table u as select repeat(md5(g::text), 60) as v from generate_series(1, 200000) g`,
      'commit',
    ]),
  ],
  [
    'a temporary table',
    insisting(
      [`create temp table u as select repeat(md5(g::text), 60) as v from generate_series(1, 200000) g`],
      3,
    ),
  ],
  [
    'large objects',
    insisting([
      'begin read write',
      `select count(lo_from_bytea(0, convert_to(repeat(md5(g::text), 32768), 'UTF8'))) from generate_series(1, ${ATTACK_MB}) g`,
      'commit',
    ]),
  ],
  [
    'further databases',
    insisting(
      [
        'set default_transaction_read_only = off',
        ...Array.from({ length: 30 }, (_, i) => `create database d${i} template template0`),
      ],
      2,
    ),
  ],
  ['NOTIFY with a listener that does not read', flood],
  ['temporary files of several sessions', sortAtOnce],
  [
    'texts of statements',
    insisting(
      Array.from({ length: 30 }, (_, i) => `select ${i} as n${i} /* ${'x'.repeat(10 * MB)} */`),
      1,
    ),
  ],
  [
    'indexes',
    insisting([
      'begin read write',
      `insert into t select md5(g::text) from generate_series(1, 100000) g`,
      ...Array.from({ length: 60 }, (_, i) => `create index i${i} on t (filler)`),
      'commit',
    ]),
  ],
]

describe('at the smallest quota', () => {
  test.each(ATTACKS)(
    '%s ends at the bound, and what is freed can be used again',
    async (_, attack) => {
      expect(await most(attack)).toBeLessThan(MOST_BYTES)
      await free()
      await expect.poll(stateOf, { timeout: 60_000, interval: 200 }).toBe('ok')
      await expectWritable()
    },
    120_000,
  )

  test.each([
    ['DELETE and VACUUM FULL', ['delete from t', 'vacuum full t']],
    ['DELETE and VACUUM', ['delete from t', 'vacuum t']],
    ['TRUNCATE', ['truncate t']],
    ['DROP', ['drop table t', 'create table t (filler text)']],
  ])(
    '%s leads back',
    async (_, statements) => {
      await insisting([FILL], 1)()
      await expect.poll(stateOf, { timeout: 10_000 }).not.toBe('ok')
      await asOwner(['set default_transaction_read_only = off', ...statements])
      await expect.poll(stateOf, { timeout: 60_000, interval: 200 }).toBe('ok')
      await expectWritable()
    },
    120_000,
  )

  test('a log that grows is cut', async () => {
    const { log } = serverFiles({ dataFolder: engine.dataFolder, socketFolder: '' } as never, id)
    appendFileSync(log, 'x'.repeat(6 * MB))
    await query(engine, id, "insert into t values ('x')")
    await expect.poll(() => statSync(log).size, { timeout: 20_000 }).toBeLessThan(MB)
  }, 30_000)
})

/** The server's sessions learn of it a moment later. */
async function expectWritable(): Promise<void> {
  const write = () => query(engine, id, "insert into t values ('after')").then(() => 'written', String)
  await expect.poll(write, { timeout: 30_000, interval: 100 }).toBe('written')
}

/** 800 MB, little by little, so that it does not depend on the machine how much is written between two looks. */
const write = (target: string) =>
  `for i in $(seq 100); do head -c 8388608 /dev/zero ${target}; sleep 0.1; done`

const SCRIPTS: [what: string, script: string][] = [
  ['one file', write('>> /db/data/junk')],
  ['files in its inbox', write('> /db/inbox/junk$i')],
  ['files in the place of its log', write('> /db/data/pg_wal/0000000100000001000000$i')],
  ['many folders', write('> /db/data/junk$i; mkdir -p /db/data/a/$i; cp /db/data/junk$i /db/data/a/$i')],
  [
    'a process that was left behind',
    `(${write('>> /db/data/junk')}) > /dev/null 2>&1 < /dev/null & sleep 10`,
  ],
  ['its log', write('>&2')],
  [
    'one process after the other, for which nobody waits',
    `perl -e '$SIG{CHLD} = "IGNORE"; for (1 .. 130) { fork or do { open F, ">", "/db/data/junk$_"; print F "x" x 6e6; exit }; select undef, undef, undef, 0.05 }'`,
  ],
]

describe.runIf(process.platform === 'linux')('code inside the server', () => {
  const runInside = async (script: string) => {
    const quoted = `( ${script} ); true`.replaceAll("'", "''")
    const access = await accessTo(engine, id)
    await asSuperuser(access, 'template1', (client) => client.query(`copy (select 1) to program '${quoted}'`))
  }

  test.each(SCRIPTS)(
    'is ended where it writes %s',
    async (_, script) => {
      expect(await most(() => runInside(script))).toBeLessThan(600 * MB)
      const before = await used()
      await sleep(500)
      expect(await used()).toBeLessThan(before + 8 * MB)
    },
    60_000,
  )

  test('is ended where it keeps files open that it has deleted', async () => {
    const script = write('>&3').replace('; sleep', '; echo -n $i > /db/data/progress; sleep')
    await runInside(`exec 3> /db/data/junk; rm /db/data/junk; ${script}`).catch(() => {})
    const steps = Number(readFileSync(join(engine.dataFolder, id, 'data', 'progress'), 'utf8'))
    expect(steps).toBeGreaterThan(0)
    expect(steps * 8 * MB).toBeLessThan(600 * MB)
  }, 60_000)

  test('takes no blocks but by writing', async () => {
    expect(await most(() => runInside('fallocate -l 600M /db/data/junk'))).toBeLessThan(LEAST_QUOTA_BYTES)
    expect(await stateOf()).toBe('ok')
  })
})

/** On one session; again after the time in which no client may connect. */
async function asOwner(statements: string[]): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    await expect.poll(stateOf, { timeout: 60_000, interval: 100 }).not.toBe('closed')
    const client = await clientOf(engine, id)
    try {
      for (const statement of statements) await client.query(statement)
      return
    } catch (error) {
      if (attempt > 5) throw error
    } finally {
      await client.end().catch(() => {})
    }
  }
}

async function free(): Promise<void> {
  await asOwner(['set default_transaction_read_only = off', 'truncate t', 'drop table if exists u'])
  const databases = await query(engine, id, "select datname from pg_database where datname ~ '^d\\d+$'")
  for (const [name] of databases)
    await asOwner(['set default_transaction_read_only = off', `drop database ${name}`])
  await asOwner([
    'set default_transaction_read_only = off',
    'select count(lo_unlink(oid)) from pg_largeobject_metadata',
    'vacuum full pg_largeobject',
  ])
}
