/** SQL that runs under one of the service's own logins, and changes what Postgres lets every role change of itself. */
import { newId } from '@db9/types/ids'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accessTo, adminVerifier, clientOf, query } from '../../testing/databases.ts'
import { startTestDatabase, type TestDatabase } from '../../testing/engine.ts'
import type { EmbeddedEngine } from '../embedded-engine.ts'
import { LoginRestorer } from './login-restorer.ts'
import { asSuperuser } from './superuser.ts'

let database: TestDatabase
let engine: EmbeddedEngine
let id: string
beforeAll(async () => {
  database = await startTestDatabase()
  ;({ engine, id } = database)
  await query(engine, id, 'create table r as select 1 as n')
  await query(engine, id, 'create database "its ""mine"""')
})
afterAll(() => database?.dispose())

const LOGINS = ['authenticator', 'db9_admin', 'db9_service', 'db9_reader'] as const

/** Of the roles as they are: verifiers, settings, memberships. */
const rolesOf = async () =>
  asSuperuser(await accessTo(engine, id), 'template1', async (client) => {
    const { rows } = await client.query(
      `select r.rolname, case when r.rolname = any ($1) then null else r.rolpassword end as verifier, r.rolcanlogin,
              (select json_agg(json_build_array(s.setdatabase, s.setconfig) order by s.setdatabase) from pg_db_role_setting s
                where s.setrole = r.oid) as settings,
              (select json_agg(m.roleid::regrole::text order by m.roleid) from pg_auth_members m where m.member = r.oid) as memberships
         from pg_authid r order by 1`,
      [LOGINS],
    )
    return rows
  })

async function attack(role: string): Promise<void> {
  const client = await clientOf(engine, id, { user: role })
  await client.query('set default_transaction_read_only = off')
  await client.query(`alter role ${role} set search_path = pg_temp`)
  await client.query(`alter role ${role} set default_transaction_read_only = off`)
  await client.query(`alter role ${role} in database postgres set statement_timeout = 1`)
  await client.query(`alter role ${role} in database "its ""mine""" set statement_timeout = 1`)
  await client.query(`alter role ${role} password 'pw'`)
  await client.end()
}

const restore = async () => new LoginRestorer().restore(await accessTo(engine, id))

test.each(LOGINS)('gives %s its password and settings again, and changes no other role', async (role) => {
  const before = await rolesOf()
  await attack(role)
  await expect(clientOf(engine, id, { user: role })).rejects.toMatchObject({ code: '28P01' })
  expect(await rolesOf()).not.toEqual(before)
  await restore()
  expect(await query(engine, id, 'select 1', { user: role })).toEqual([[1]])
  expect(await rolesOf()).toEqual(before)
})

test('a start restores them, too', async () => {
  const before = await rolesOf()
  for (const role of LOGINS) await attack(role)
  await engine.stop(id)
  for (const user of LOGINS) expect(await query(engine, id, 'select 1', { user })).toEqual([[1]])
  expect(await rolesOf()).toEqual(before)
})

test('a start restores them where the owner has no database postgres any more', async () => {
  const other = newId('database')
  await engine.create({ id: other, adminVerifier })
  await query(engine, other, 'create database beside')
  await query(engine, other, `alter role authenticator password 'pw'`, { user: 'authenticator' })
  await query(engine, other, 'alter database postgres rename to gone', { database: 'beside' })
  await engine.stop(other)
  expect(await query(engine, other, 'select 1', { user: 'authenticator', database: 'beside' })).toEqual([[1]])
  await engine.destroy(other)
})

test('a verifier of many iterations, which the service would have to compute, is not judged but replaced', async () => {
  const stored = Buffer.alloc(32).toString('base64')
  const verifier = `SCRAM-SHA-256$500000:${Buffer.alloc(16).toString('base64')}$${stored}:${stored}`
  await query(engine, id, `alter role authenticator password '${verifier}'`, { user: 'authenticator' })
  await restore()
  expect(await query(engine, id, 'select 1', { user: 'authenticator' })).toEqual([[1]])
})

test('who asks soon after a look shares the next one, which sees what was changed meanwhile', async () => {
  const everyMs = 1_000
  const restorer = new LoginRestorer(everyMs)
  const access = await accessTo(engine, id)
  const begunAt = performance.now()
  await restorer.restore(access)
  await query(engine, id, `alter role authenticator password 'pw'`, { user: 'authenticator' })
  const [first, second] = [restorer.restore(access), restorer.restore(access)]
  expect(second).toBe(first)
  await first
  expect(performance.now() - begunAt).toBeGreaterThanOrEqual(everyMs - 1)
  expect(await query(engine, id, 'select 1', { user: 'authenticator' })).toEqual([[1]])
})

test('what a login may drop of its own leaves it its rights', async () => {
  const before = await rolesOf()
  for (const user of LOGINS) {
    const client = await clientOf(engine, id, { user })
    await client.query('set default_transaction_read_only = off')
    await client.query(`drop owned by ${user}`)
    await client.end()
  }
  expect(await rolesOf()).toEqual(before)
  const authenticator = { user: 'authenticator' }
  expect(await query(engine, id, 'select count(*) > 0 from db9.ddl', authenticator)).toEqual([[true]])
  expect(await query(engine, id, 'select n from r', { user: 'db9_reader' })).toEqual([[1]])
})

test('a role that only reads writes nothing to the log', async () => {
  const text = `select pg_logical_emit_message(false, 'a', 'x')`
  for (const user of ['db9_reader', 'authenticator'])
    await expect(query(engine, id, text, { user })).rejects.toMatchObject({ code: '42501' })
  expect(await query(engine, id, text)).toHaveLength(1)
})

test('nor does it in a database of an earlier release, from its next start on', async () => {
  const text = `select pg_logical_emit_message(false, 'a', 'x'::bytea)`
  const superuser = { user: 'db9_super' }
  await query(engine, id, 'delete from db9.schema_version where version = 12', superuser)
  const name = 'function pg_logical_emit_message(bool, text, bytea, bool)'
  await query(engine, id, `grant execute on ${name} to public`, superuser)
  expect(await query(engine, id, text, { user: 'db9_reader' })).toHaveLength(1)
  await engine.stop(id)
  await expect(query(engine, id, text, { user: 'db9_reader' })).rejects.toMatchObject({ code: '42501' })
})
