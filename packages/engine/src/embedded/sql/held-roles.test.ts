/** The service logs in as roles of the owner's, whose passwords go on being what they are. */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { makeScramVerifier } from '@db9/postgres/scram/verifier'
import { newId } from '@db9/types/ids'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { adminVerifier, clientOf, pidOf, query, until } from '../../testing/databases.ts'
import { startTestEngine, type TestEngine } from '../../testing/engine.ts'
import type { EmbeddedEngine } from '../embedded-engine.ts'

let testEngine: TestEngine
let engine: EmbeddedEngine
let id: string
beforeAll(async () => {
  testEngine = await startTestEngine()
  engine = testEngine.engine
})
afterAll(() => testEngine?.dispose())
beforeEach(async () => {
  id = newId('database')
  await engine.create({ id, adminVerifier })
})

const who = 'select session_user::text, current_user::text'

async function held(role = 'admin', of = id): Promise<string> {
  const password = await engine.rolePassword(of, role)
  if (password === null) throw new Error(`${role} cannot log in`)
  return password
}

test('a session that the service opens is one of the role, and the owner’s password is judged as before', async () => {
  const password = await held()
  expect(await query(engine, id, who, { password })).toEqual([['admin', 'admin']])
  expect(await engine.roleVerifier(id, 'admin')).toEqual({ verifier: adminVerifier, held: true })
  expect(await held()).toBe(password)
  await engine.stop(id)
  expect(await engine.roleVerifier(id, 'admin')).toEqual({ verifier: adminVerifier, held: true })
  expect(engine.isRunning(id)).toBe(false)
  expect(await held()).toBe(password)
})

test('a new password that the owner sets is the one that is judged, held again or not', async () => {
  const password = await held()
  const next = makeScramVerifier('another')
  await query(engine, id, `alter role admin password '${next}'`, { password })
  expect(await engine.roleVerifier(id, 'admin')).toEqual({ verifier: next, held: false })
  await expect(query(engine, id, who, { password })).rejects.toMatchObject({ code: '28P01' })
  expect(await held()).toBe(password)
  expect(await engine.roleVerifier(id, 'admin')).toEqual({ verifier: next, held: true })
  await engine.setAdminVerifier(id, adminVerifier)
  expect(await engine.roleVerifier(id, 'admin')).toEqual({ verifier: adminVerifier, held: false })
})

test('a role without a password can be logged in as by the service alone; one that may not log in by nobody', async () => {
  await query(engine, id, `create role worker login; create role "o'dd "" role" login; create role closed`)
  for (const role of ['worker', `o'dd " role`]) {
    const password = await held(role)
    expect(await query(engine, id, who, { user: role, password })).toEqual([[role, role]])
    expect(await engine.roleVerifier(id, role)).toBeNull()
  }
  for (const role of ['closed', 'anon', 'authenticator', 'db9_admin', 'db9_super', 'nobody'])
    expect(await engine.rolePassword(id, role)).toBeNull()
  expect(await query(engine, id, who, { user: 'db9_super' })).toEqual([['db9_super', 'db9_super']])
})

test('a role made anew under the name of a held one has a password of its own', async () => {
  await query(engine, id, `create role app login password '${makeScramVerifier('first')}'`)
  await held('app')
  const second = makeScramVerifier('second')
  await query(engine, id, `drop role app; create role app login password '${second}'`, {
    password: await held(),
  })
  expect(await engine.roleVerifier(id, 'app')).toEqual({ verifier: second, held: false })
  await query(engine, id, 'drop role app; create role app login', { password: await held() })
  expect(await engine.roleVerifier(id, 'app')).toBeNull()
  await held('app')
  expect(await engine.roleVerifier(id, 'app')).toBeNull()
})

test('of roles that are gone nothing is kept', async () => {
  const path = join(engine.dataFolder, id, 'held-roles.json')
  for (const name of ['one', 'two']) {
    await query(engine, id, `create role ${name} login`, { password: await held() })
    await held(name)
  }
  expect(Object.keys(JSON.parse(readFileSync(path, 'utf8')))).toHaveLength(3)
  await query(engine, id, 'drop role one; create role three login', { password: await held() })
  await held('three')
  expect(Object.keys(JSON.parse(readFileSync(path, 'utf8')))).toHaveLength(3)
  expect(await engine.roleVerifier(id, 'admin')).toEqual({ verifier: adminVerifier, held: true })
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test('after a crash the owner’s password is still judged', async () => {
  await held()
  const { epoch } = await engine.connect(id)
  process.kill(pidOf(epoch), 'SIGKILL')
  await until(() => !engine.isRunning(id))
  expect(await engine.roleVerifier(id, 'admin')).toEqual({ verifier: adminVerifier, held: true })
})

test('an owner who writes a verifier that looks like the service’s opens nothing by it', async () => {
  const password = await held()
  const forged = makeScramVerifier('known', { iterations: 1, salt: Buffer.from('held by service ') })
  await query(engine, id, `alter role admin password '${forged}'`, { password })
  expect((await engine.roleVerifier(id, 'admin'))?.verifier).toBe(adminVerifier)
  expect(await held()).toBe(password)
})

test('a session that changes roles keeps the service waiting for two seconds at most', async () => {
  const client = await clientOf(engine, id)
  await client.query('begin')
  await client.query('create role being_made')
  await expect(engine.rolePassword(id, 'admin')).rejects.toMatchObject({ code: 'unavailable' })
  await client.query('rollback')
  await client.end()
  expect(await held()).toEqual(expect.any(String))
})

test('sessions end by the pids of their backends, a statement that catches its cancellation too', async () => {
  const client = await clientOf(engine, id)
  const { rows } = await client.query('select pg_backend_pid() as pid')
  const stubborn = client.query(
    `do $$ begin loop begin perform pg_sleep(60); exception when query_canceled then null; end; end loop; end $$`,
  )
  const ended = expect(stubborn).rejects.toMatchObject({ code: '57P01' })
  await engine.endSessions(id, [rows[0].pid])
  await ended
  await engine.stop(id)
  await engine.endSessions(id, [rows[0].pid])
  expect(engine.isRunning(id)).toBe(false)
})
