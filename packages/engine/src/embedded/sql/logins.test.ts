/** The service's own logins: each server's are its own, and always to be had. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { newId } from '@db9/types/ids'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accessTo, adminVerifier, loginsOf, query } from '../../testing/databases.ts'
import { startTestEngine, type TestEngine } from '../../testing/engine.ts'
import type { EmbeddedEngine } from '../embedded-engine.ts'
import { asSuperuser } from './superuser.ts'

let testEngine: TestEngine
let engine: EmbeddedEngine
beforeAll(async () => {
  testEngine = await startTestEngine()
  engine = testEngine.engine
})
afterAll(async () => {
  await testEngine?.dispose()
})

async function create(): Promise<string> {
  const id = newId('database')
  await engine.create({ id, adminVerifier })
  await query(engine, id, 'create table t as select 1 as n')
  return id
}

const superuserOf = (id: string) => loginsOf(engine.dataFolder, id).password('db9_super')

async function refusalOf(id: string, user: string, password: string): Promise<string | undefined> {
  const { socketFolder } = await accessTo(engine, id)
  const client = new pg.Client({ host: socketFolder, user, password, database: 'template1' })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.end()
    return undefined
  } catch (error) {
    return (error as pg.DatabaseError).code
  }
}

test('two servers have different passwords, of which none opens the other', async () => {
  const [one, other] = [await create(), await create()]
  expect(superuserOf(one)).not.toBe(superuserOf(other))
  expect(await refusalOf(one, 'db9_super', superuserOf(one))).toBeUndefined()
  expect(await refusalOf(other, 'db9_super', superuserOf(one))).toBe('28P01')
  const template = (await accessTo(engine, one)).logins
  expect(template.password('db9_super')).toBe(superuserOf(one))
})

test('lets in no client without a password, not even the superuser on the server’s own socket', async () => {
  const id = await create()
  for (const user of ['db9_super', 'authenticator', 'db9_admin', 'admin', 'anon'])
    expect(await refusalOf(id, user, 'guessed'), user).toBe('28P01')
  const data = join(engine.dataFolder, id, 'data')
  expect(readFileSync(join(data, 'pg_hba.conf'), 'utf8')).not.toMatch(/^[^#]*\btrust\b/m)
})

test('a server whose passwords are not those that are known gets new ones at its next start', async () => {
  const id = await create()
  const access = await accessTo(engine, id)
  await asSuperuser(access, 'template1', (client) => client.query(`alter role db9_super password 'lost'`))
  await engine.stop(id)
  expect(await query(engine, id, 'select n from t')).toEqual([[1]])
  expect(await refusalOf(id, 'db9_super', 'lost')).toBe('28P01')
})

test('a server without logins of its own, as one of an earlier release, gets them before it serves', async () => {
  const id = await create()
  const before = superuserOf(id)
  await engine.stop(id)
  rmSync(join(engine.dataFolder, id, 'logins.json'))
  expect(await query(engine, id, 'select n from t')).toEqual([[1]])
  expect(superuserOf(id)).not.toBe(before)
})

test('keeps records that open nothing without the installation’s key', async () => {
  const id = await create()
  const kept = readFileSync(join(engine.dataFolder, id, 'logins.json'), 'utf8')
  expect(Object.keys(JSON.parse(kept)).sort()).toEqual(['of', 'salt'])
  expect(kept).not.toContain(superuserOf(id))
})

test('a record that cannot be read is made anew', async () => {
  const id = await create()
  await engine.stop(id)
  writeFileSync(join(engine.dataFolder, id, 'logins.json'), '{"salt": 1}')
  expect(await query(engine, id, 'select n from t')).toEqual([[1]])
  expect(dirname((await accessTo(engine, id)).socketFolder)).not.toBe('')
})
