import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeScramVerifier } from '@db9/postgres/scram/verifier'
import { readProcess } from '@db9/process/processes'
import { newId } from '@db9/types/ids'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { adminVerifier, clientOf, knowing, loginKey, pidOf, query, until } from '../testing/databases.ts'
import { startTestEngine, type TestEngine } from '../testing/engine.ts'
import { createEmbeddedEngine } from './create.ts'
import type { EmbeddedEngine } from './embedded-engine.ts'
import { findByTitle } from './process/processes.ts'

let testEngine: TestEngine
let base: string
let engine: EmbeddedEngine
let id: string
beforeAll(async () => {
  testEngine = await startTestEngine()
  engine = testEngine.engine
  base = testEngine.base
})
afterAll(async () => {
  await testEngine?.dispose()
})
beforeEach(async () => {
  id = newId('database')
  await engine.create({ id, adminVerifier })
})
afterEach(() => engine.destroy(id))

test('created, it answers; created again, it is the same database with its rows', async () => {
  await query(engine, id, 'create table t as select 1 as n')
  await engine.create({ id, adminVerifier })
  expect(await query(engine, id, 'select n from t')).toEqual([[1]])
  expect((await engine.roleVerifier(id, 'admin'))?.verifier).toBe(adminVerifier)
})

test('stopped, it is no process; the next connection wakes it once for all who wait, with its rows', async () => {
  await query(engine, id, 'create table t as select 1 as n')
  const before = await engine.connect(id)
  await engine.stop(id)
  expect(readProcess(pidOf(before.epoch))).toBeNull()
  expect(engine.isRunning(id)).toBe(false)
  const epochs = await Promise.all(Array.from({ length: 8 }, async () => (await engine.connect(id)).epoch))
  expect(new Set(epochs).size).toBe(1)
  expect(epochs[0]).not.toBe(before.epoch)
  expect(await query(engine, id, 'select n from t')).toEqual([[1]])
})

test('its server killed, it comes back with what was committed', async () => {
  await query(engine, id, 'create table t as select 1 as n')
  const before = await engine.connect(id)
  process.kill(pidOf(before.epoch), 'SIGKILL')
  await until(() => !engine.isRunning(id))
  expect(await query(engine, id, 'select n from t')).toEqual([[1]])
  expect((await engine.connect(id)).epoch).not.toBe(before.epoch)
})

test('destroyed, nothing of it is left, and destroying it again does nothing', async () => {
  const { epoch } = await engine.connect(id)
  await engine.destroy(id)
  await engine.destroy(id)
  expect(readProcess(pidOf(epoch))).toBeNull()
  expect(readdirSync(engine.dataFolder).filter((entry) => entry.startsWith(id))).toEqual([])
  await expect(engine.connect(id)).rejects.toMatchObject({ code: 'not_found' })
})

test('the folder of a half-made copy is no database; a create makes one beside it, and destroying takes both', async () => {
  const half = newId('database')
  mkdirSync(join(engine.dataFolder, `${half}.tmp`, 'data'), { recursive: true })
  await expect(engine.connect(half)).rejects.toMatchObject({ code: 'not_found' })
  await engine.create({ id: half, adminVerifier })
  expect(await query(engine, half, 'select 1')).toEqual([[1]])
  await engine.destroy(half)
  expect(existsSync(join(engine.dataFolder, `${half}.tmp`))).toBe(false)
})

test('an id that is a path reaches no folder', async () => {
  for (const path of ['../metadata', 'db_../../etc', '', 'db_x']) {
    await expect(async () => engine.connect(path)).rejects.toMatchObject({ code: 'not_found' })
    await expect(async () => engine.destroy(path)).rejects.toMatchObject({ code: 'not_found' })
  }
})

test('takes over live servers after a crash, and ends and removes what the metadata does not know', async () => {
  const orphan = newId('database')
  await engine.create({ id: orphan, adminVerifier })
  const [kept, orphaned] = [await engine.connect(id), await engine.connect(orphan)]
  const lost = newId('database')

  const next = await createEmbeddedEngine({ loginKey, home: join(base, 'home') })
  const report = await next.reconcile(knowing([id, lost]))
  const { cleared, ...atOnce } = report
  expect(atOnce).toEqual({ adopted: [id], removed: [orphan], missing: [lost], failed: [] })
  expect(await cleared).toEqual([])
  expect(readdirSync(next.dataFolder).filter((name) => name.startsWith(orphan))).toEqual([])
  expect((await next.connect(id)).epoch).toBe(kept.epoch)
  expect(readProcess(pidOf(orphaned.epoch))).toBeNull()
  await next.close()
  expect(readProcess(pidOf(kept.epoch))).toBeNull()
})

test('a pid file that names a stranger’s process neither blocks the start nor ends the stranger', async () => {
  await engine.stop(id)
  const data = join(engine.dataFolder, id, 'data')
  writeFileSync(join(data, 'postmaster.pid'), `${process.ppid}\n${data}\n`)
  writeFileSync(
    join(engine.dataFolder, id, 'server.json'),
    JSON.stringify({ pid: process.ppid, startTime: 'x' }),
  )
  expect(await query(engine, id, 'select 1')).toEqual([[1]])
  expect(readProcess(process.ppid)).not.toBeNull()
})

test('a process that holds the lock of a sandbox without a pid file is ended, and the database wakes', async ({
  skip,
}) => {
  skip(engine.facts().isolation.state === 'off', 'a lock is held by sandboxes alone')
  await engine.connect(id)
  await engine.stop(id)
  const holder = spawn(
    'perl',
    [
      '-e',
      'open F, "<", $ARGV[0]; flock F, 2; $| = 1; print "held"; sleep 60',
      join(engine.dataFolder, id, 'lock'),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const ended = once(holder, 'exit')
  await once(holder.stdout, 'data')
  expect(await query(engine, id, 'select 1')).toEqual([[1]])
  expect((await ended)[1]).toBe('SIGINT')
})

test('a busy session of a killed server keeps no one out: it is ended, and the database wakes', async () => {
  const client = await clientOf(engine, id)
  const busy = client.query('do $$ begin loop end loop; end $$').catch(() => {})
  const { epoch } = await engine.connect(id)
  await until(() => findByTitle(`postgres: ${id}-`).length > 0)
  process.kill(pidOf(epoch), 'SIGKILL')
  await until(() => !engine.isRunning(id))
  expect(await query(engine, id, 'select 1')).toEqual([[1]])
  await busy
  await engine.destroy(id)
  expect(findByTitle(`postgres: ${id}-`)).toEqual([])
})

test('destroyed while one of its servers was killed, no session of it is left', async () => {
  const client = await clientOf(engine, id)
  const busy = client.query('do $$ begin loop end loop; end $$').catch(() => {})
  await new Promise((resolve) => setTimeout(resolve, 50))
  process.kill(pidOf((await engine.connect(id)).epoch), 'SIGKILL')
  await engine.destroy(id)
  await busy
  expect(findByTitle(`postgres: ${id}-`)).toEqual([])
})

test('does not take over a server that was started with other settings, and starts it anew', async () => {
  await query(engine, id, 'create table t as select 1 as n')
  const before = await engine.connect(id)
  const record = join(engine.dataFolder, id, 'server.json')
  writeFileSync(record, readFileSync(record, 'utf8').replace(/"recipe":"\w+"/, '"recipe":"older"'))
  const next = await createEmbeddedEngine({ loginKey, home: join(base, 'home') })
  expect((await next.reconcile(knowing([id]))).adopted).toEqual([])
  expect(readProcess(pidOf(before.epoch))).toBeNull()
  expect(await query(next, id, 'select n from t')).toEqual([[1]])
  await next.close()
})

test('removes what a crash left beside a live database, and keeps the database', async () => {
  await engine.connect(id)
  for (const leftover of [`${id}.tmp`, `${id}.doomed`])
    mkdirSync(join(engine.dataFolder, leftover, 'data'), { recursive: true })
  const { cleared, ...report } = await engine.reconcile(knowing([id]))
  expect(report).toEqual({ adopted: [id], removed: [], missing: [], failed: [] })
  expect(await cleared).toEqual([])
  expect(readdirSync(engine.dataFolder).filter((entry) => entry.startsWith(id))).toEqual([id])
})

test('data that Postgres refuses is an error whose message names no path, and whose cause tells more', async () => {
  await engine.stop(id)
  rmSync(join(engine.dataFolder, id, 'data', 'global', 'pg_control'))
  const error = await engine.connect(id).then(
    () => null,
    (reason) => reason,
  )
  expect(error).toMatchObject({ code: 'failed', message: 'PostgreSQL did not start' })
  expect(error.cause.message).toContain('pg_control')
})

test('a database that its owner closed is opened again at the next wake', async () => {
  await query(engine, id, 'create database other')
  await query(engine, id, 'alter database postgres with allow_connections false', { database: 'other' })
  await expect(query(engine, id, 'select 1')).rejects.toThrow('not currently accepting connections')
  await engine.stop(id)
  expect(await query(engine, id, 'select 1')).toEqual([[1]])
})

test('a database whose owner allowed no connections lets the owner in after the next wake', async () => {
  await query(engine, id, 'alter database postgres connection limit 0')
  await expect(query(engine, id, 'select 1')).rejects.toThrow('too many connections')
  await engine.stop(id)
  expect(await query(engine, id, 'select 1')).toEqual([[1]])
})

test('a database that its owner renamed wakes, so that the owner can put it right', async () => {
  await query(engine, id, 'create database other')
  await engine.stop(id)
  await query(engine, id, 'alter database postgres rename to mine', { database: 'other' })
  await engine.stop(id)
  const verifier = makeScramVerifier('another')
  await engine.setAdminVerifier(id, verifier)
  expect((await engine.roleVerifier(id, 'admin'))?.verifier).toBe(verifier)
  const renewed = { password: 'another' }
  await query(engine, id, 'alter database mine rename to postgres', { ...renewed, database: 'other' })
  expect(await query(engine, id, 'select auth.uid()', renewed)).toEqual([[null]])
})

test('a database that the owner puts in the place of ours wakes, and nothing in it runs as superuser', async () => {
  const fake = { database: 'fake' }
  await query(engine, id, 'create database fake')
  await query(engine, id, 'create table seen (who text)', fake)
  await query(
    engine,
    id,
    `create function spy() returns int language plpgsql as
     'begin insert into public.seen values (current_user); return 1; end'`,
    fake,
  )
  await query(engine, id, 'create schema db9', fake)
  await query(engine, id, 'create view db9.schema_version as select public.spy() as version', fake)
  await query(engine, id, 'create table db9.ddl (xid xid8, n bigint check (public.spy() = 1))', fake)
  await query(engine, id, 'insert into db9.ddl select null, 1 from generate_series(1, 2)', fake)
  await query(engine, id, 'truncate seen', fake)
  await query(engine, id, 'create database other')
  // No session may be left in what is renamed.
  await engine.stop(id)
  await query(engine, id, 'alter database postgres rename to mine', { database: 'other' })
  await query(engine, id, 'alter database fake rename to postgres', { database: 'other' })
  await engine.stop(id)
  expect(await query(engine, id, 'select who from seen')).toEqual([])
})

test('no verifier but a well-formed one is set, and the old one stays', async () => {
  for (const verifier of ['', 'md5abc', "x' superuser password 'y", `${adminVerifier}' superuser --`]) {
    await expect(engine.setAdminVerifier(id, verifier)).rejects.toMatchObject({ code: 'failed' })
    await expect(engine.create({ id, adminVerifier: verifier })).rejects.toMatchObject({ code: 'failed' })
  }
  expect((await engine.roleVerifier(id, 'admin'))?.verifier).toBe(adminVerifier)
})

test('ends every server on close, and starts none after it', async () => {
  const closing = await createEmbeddedEngine({ loginKey, home: join(base, 'closing') })
  const ids = [newId('database'), newId('database')]
  await Promise.all(ids.map((each) => closing.create({ id: each, adminVerifier })))
  const servers = await Promise.all(ids.map((each) => closing.connect(each)))
  await closing.close()
  for (const { epoch } of servers) expect(readProcess(pidOf(epoch))).toBeNull()
  for (const each of ids) await expect(closing.connect(each)).rejects.toMatchObject({ code: 'unavailable' })
})

test('a wake that is under way when the engine closes leaves no process', async () => {
  await engine.stop(id)
  const next = await createEmbeddedEngine({ loginKey, home: join(base, 'home') })
  const wake = next.connect(id).catch((reason) => reason)
  await new Promise((resolve) => setTimeout(resolve, 10))
  await next.close()
  await wake
  expect(findByTitle(`postgres: ${id}-`)).toEqual([])
  expect(next.isRunning(id)).toBe(false)
})

test('a data folder called by another name is the same: its server is taken over, not doubled', async () => {
  const link = join(base, 'link')
  symlinkSync(join(base, 'home'), link)
  const { epoch } = await engine.connect(id)
  const next = await createEmbeddedEngine({ loginKey, home: link })
  expect((await next.reconcile(knowing([id]))).adopted).toEqual([id])
  expect((await next.connect(id)).epoch).toBe(epoch)
  await next.close()
})

test('a server without our record is ended before a new one starts on its data', async () => {
  const { epoch } = await engine.connect(id)
  rmSync(join(engine.dataFolder, id, 'server.json'))
  const next = await createEmbeddedEngine({ loginKey, home: join(base, 'home') })
  const after = await next.connect(id)
  expect(after.epoch).not.toBe(epoch)
  expect(readProcess(pidOf(epoch))).toBeNull()
  await next.close()
})
