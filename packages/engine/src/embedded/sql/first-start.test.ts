/** A create starts no server that is waited for; the first start gives admin and our own roles their passwords, once. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeScramVerifier } from '@db9/postgres/scram/verifier'
import { newId } from '@db9/types/ids'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { adminVerifier, clientOf, knowing, query } from '../../testing/databases.ts'
import { makeEarlier } from '../../testing/earlier-schemas.ts'
import { startTestEngine, type TestEngine } from '../../testing/engine.ts'
import { SCHEMA_VERSIONS } from '../cluster/bootstrap/schemas.sql.ts'
import type { EmbeddedEngine } from '../embedded-engine.ts'

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

const firstStart = () => join(engine.dataFolder, id, 'first-start.json')

test('judges a login of a database that was never started', async () => {
  expect((await engine.roleVerifier(id, 'admin'))?.verifier).toBe(adminVerifier)
})

test('starts no server, and gives the passwords once at the first start', async () => {
  expect(engine.isRunning(id)).toBe(false)
  expect(existsSync(firstStart())).toBe(true)
  expect(await query(engine, id, 'select current_user')).toEqual([['admin']])
  expect(existsSync(firstStart())).toBe(false)
  await engine.setAdminVerifier(id, makeScramVerifier('second'))
  await engine.stop(id)
  expect(await query(engine, id, 'select current_user', { password: 'second' })).toEqual([['admin']])
})

test('gives the passwords at the next start where a crash came before the first one', async () => {
  await engine.stop(id)
  // As the create left it, with another verifier to be told by.
  writeFileSync(firstStart(), JSON.stringify({ adminVerifier: makeScramVerifier('third') }))
  expect(await query(engine, id, 'select 1', { password: 'third' })).toEqual([[1]])
  expect(existsSync(firstStart())).toBe(false)
})

test('gives the passwords again where a crash came before they were noted', async () => {
  await engine.connect(id)
  await engine.stop(id)
  const logins = join(engine.dataFolder, id, 'logins.json')
  const { of } = JSON.parse(readFileSync(logins, 'utf8')) as { of: string }
  writeFileSync(logins, JSON.stringify({ salt: '00'.repeat(16), of }))
  writeFileSync(firstStart(), JSON.stringify({ adminVerifier }))
  expect(await query(engine, id, 'select 1')).toEqual([[1]])
  expect(existsSync(firstStart())).toBe(false)
})

test('brings a database up to date at its first start where an earlier release has made it', async () => {
  await makeEarlier(engine, id, 2)
  await engine.stop(id)
  const origin = { kind: 'template', template: 'template-of-an-earlier-release' }
  writeFileSync(join(engine.dataFolder, id, 'origin.json'), JSON.stringify(origin))
  writeFileSync(firstStart(), JSON.stringify({ adminVerifier }))
  const versions = 'select version from db9.schema_version order by version'
  expect(await query(engine, id, versions, { user: 'db9_super' })).toEqual(
    SCHEMA_VERSIONS.map(({ version }) => [version]),
  )
  expect(existsSync(firstStart())).toBe(false)
})

test('creates again what was created before, with the passwords of the last time', async () => {
  await engine.create({ id, adminVerifier: makeScramVerifier('again') })
  expect(await query(engine, id, 'select 1', { password: 'again' })).toEqual([[1]])
  const client = clientOf(engine, id)
  await expect(client).rejects.toThrow('password authentication failed')
  expect((await engine.reconcile(knowing([id]))).failed).toEqual([])
})
