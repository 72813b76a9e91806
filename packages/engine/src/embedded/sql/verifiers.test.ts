/** Logins of a database that sleeps: they are judged by what was kept, and the database goes on sleeping. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { makeScramVerifier } from '@db9/postgres/scram/verifier'
import { newId } from '@db9/types/ids'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { adminVerifier, clientOf, pidOf, query, until } from '../../testing/databases.ts'
import { startTestEngine, type TestEngine } from '../../testing/engine.ts'
import type { EmbeddedEngine } from '../embedded-engine.ts'
import { readVerifiers, verifierIn } from './verifiers.ts'

let testEngine: TestEngine
let engine: EmbeddedEngine
let id: string
beforeAll(async () => {
  testEngine = await startTestEngine()
  engine = testEngine.engine
})
afterAll(async () => {
  await testEngine?.dispose()
})
beforeEach(async () => {
  id = newId('database')
  await engine.create({ id, adminVerifier })
})

const keptFile = () => join(engine.dataFolder, id, 'verifiers.json')

test('a database that sleeps is not started to tell its verifiers, whether the role exists or not', async () => {
  await query(engine, id, `create role app login password '${makeScramVerifier('of-the-app')}'`)
  const awake = (await engine.roleVerifier(id, 'app'))?.verifier
  await engine.stop(id)
  expect((await engine.roleVerifier(id, 'admin'))?.verifier).toBe(adminVerifier)
  expect((await engine.roleVerifier(id, 'app'))?.verifier).toBe(awake)
  for (const role of ['anon', 'authenticator', 'db9_admin', 'db9_super', 'nobody', '__proto__']) {
    expect(await engine.roleVerifier(id, role)).toBeNull()
  }
  expect(engine.isRunning(id)).toBe(false)
  expect(statSync(keptFile()).mode & 0o777).toBe(0o600)
})

test('a password that was changed while the database was awake is the one that counts while it sleeps', async () => {
  await engine.stop(id)
  const next = makeScramVerifier('another')
  await query(engine, id, `alter role admin password '${next}'`)
  await engine.stop(id)
  expect((await engine.roleVerifier(id, 'admin'))?.verifier).toBe(next)
  await engine.setAdminVerifier(id, adminVerifier)
  await engine.stop(id)
  expect((await engine.roleVerifier(id, 'admin'))?.verifier).toBe(adminVerifier)
  expect(engine.isRunning(id)).toBe(false)
})

test('a password that expires while the database sleeps opens nothing after', async () => {
  const until = Date.parse('2990-01-01T00:00:00Z')
  await query(
    engine,
    id,
    `create role later login password '${adminVerifier}' valid until '2990-01-01 00:00:00+00';
     create role past login password '${adminVerifier}' valid until '2020-01-01';
     create role always login password '${adminVerifier}' valid until 'infinity'`,
  )
  await engine.stop(id)
  expect(await engine.roleVerifier(id, 'past')).toBeNull()
  for (const role of ['later', 'always'])
    expect((await engine.roleVerifier(id, role))?.verifier).toBe(adminVerifier)
  expect(engine.isRunning(id)).toBe(false)
  const kept = readVerifiers({ verifiers: keptFile() }) ?? new Map()
  expect(verifierIn(kept, 'later', until - 1)?.verifier).toBe(adminVerifier)
  expect(verifierIn(kept, 'later', until)).toBeNull()
  expect(verifierIn(kept, 'always', until)?.verifier).toBe(adminVerifier)
})

test('nothing that was kept outlives a crash: a password that was changed before it counts', async () => {
  await engine.stop(id)
  const { epoch } = await engine.connect(id)
  const next = makeScramVerifier('another')
  await query(engine, id, `alter role admin password '${next}'`)
  process.kill(pidOf(epoch), 'SIGKILL')
  await until(() => !engine.isRunning(id))
  expect((await engine.roleVerifier(id, 'admin'))?.verifier).toBe(next)
})

test('those who ask for verifiers keep no database awake, and are answered while it goes to sleep', async () => {
  await engine.configure(id, { ...engine.defaultSettings, suspendAfterSeconds: 1 })
  const answers = new Set<string | undefined>()
  let isOver = false
  const ask = async () => {
    while (!isOver) answers.add((await engine.roleVerifier(id, 'admin'))?.verifier)
  }
  const asking = Promise.all([ask(), ask()])
  await until(() => !engine.isRunning(id))
  expect((await engine.roleVerifier(id, 'admin'))?.verifier).toBe(adminVerifier)
  isOver = true
  await asking
  expect(answers).toEqual(new Set([adminVerifier]))
  expect(engine.isRunning(id)).toBe(false)
})

test('a role that is being changed while the server stops is not kept half: the database is started once', async () => {
  const client = await clientOf(engine, id)
  const next = makeScramVerifier('another')
  await client.query('begin')
  await client.query(`alter role admin password '${next}'`)
  await engine.stop(id)
  expect((await engine.roleVerifier(id, 'admin'))?.verifier).toBe(adminVerifier)
  expect(engine.isRunning(id)).toBe(true)
})

test('a database with more login roles than are kept is started to judge a login', async () => {
  await query(
    engine,
    id,
    `do $$ begin for i in 1..1001 loop execute format('create role many_%s login password %L', i, '${adminVerifier}'); end loop; end $$`,
  )
  await engine.stop(id)
  expect((await engine.roleVerifier(id, 'many_1001'))?.verifier).toBe(adminVerifier)
  expect(engine.isRunning(id)).toBe(true)
})
