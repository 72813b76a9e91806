import { setTimeout as delay } from 'node:timers/promises'
import type { JobPoint } from '@db9/control-api'
import { expect } from 'vitest'
import { expectStatus, type Reply } from '../stack.ts'
import type { CallOptions, Installation } from './installation.ts'

/** What every scenario works on: a database with a history, and a backup of it. */
export interface Fixture {
  sourceId: string
  /** A moment at which the source had just `rowsThen`. */
  moment: string
  rowsThen: number
  rowsNow: number
  backupId: string
  /** An account with as many deleted databases as it may keep, the first deleted first; made when it is needed. */
  account?: { token: string; deleted: string[] }
}

const DELETED_LIMIT = 5

export interface Request extends CallOptions {
  method: string
  path: string
}

/** One thing that a user asks for, which a crash may interrupt. */
export interface Scenario {
  name: string
  kind: JobPoint['kind']
  /** Its request begins with an operation of this kind, which must not be held. */
  beginsWith?: JobPoint['kind']
  /** What has to be there before: returns the request. `id` is unlike that of any other run. */
  prepare(installation: Installation, fixture: Fixture, id: string): Promise<Request>
  /** Given the reply to the same request, sent again after the crash: all is as if nothing had happened. */
  verify(installation: Installation, fixture: Fixture, reply: Reply): Promise<void>
  /**
   * Of what is answered before it has ended: given that reply again after it was taken back, it is told as failed. Left out
   * where the key is free again then, and the request sent again is a new one.
   */
  verifyFailed?(installation: Installation, fixture: Fixture, reply: Reply): Promise<void>
}

const ROWS_THEN = 500
const ROWS_NOW = 800

/** Makes the fixture in an installation that serves. */
export async function makeFixture(installation: Installation): Promise<Fixture> {
  const { id } = expectStatus(
    201,
    await installation.call('POST', '/databases', { body: { name: 'source' } }),
  ).json
  await sql(installation, id, `create table t as select i from generate_series(1, ${ROWS_THEN}) as i`)
  // The moment lies between two commits whose times differ.
  await delay(50)
  const [[moment]] = await sql(installation, id, 'select clock_timestamp()')
  await delay(50)
  await sql(
    installation,
    id,
    `insert into t select i from generate_series(${ROWS_THEN + 1}, ${ROWS_NOW}) as i`,
  )
  const backup = expectStatus(
    201,
    await installation.call('POST', `/databases/${id}/backups`, { body: {} }),
  ).json
  await untilState(installation, `/databases/${id}/backups/${backup.id}`, 'state', 'ready')
  return {
    sourceId: id,
    moment: new Date(String(moment)).toISOString(),
    rowsThen: ROWS_THEN,
    rowsNow: ROWS_NOW,
    backupId: backup.id,
  }
}

export const SCENARIOS: Scenario[] = [
  {
    name: 'create',
    kind: 'create',
    prepare: async (_, __, id) => post('/databases', id, { name: `created-${id}` }),
    verify: async (installation, _, reply) => {
      expectStatus(201, reply)
      expect(await sql(installation, reply.json.id, 'select 1')).toEqual([[1]])
      await expectCredentials(installation, reply.json)
    },
  },
  {
    name: 'branch now',
    kind: 'branch',
    prepare: async (_, { sourceId }, id) =>
      post(`/databases/${sourceId}/branch`, id, { name: `branch-${id}` }),
    verify: (installation, { rowsNow }, reply) => expectBranch(installation, reply, rowsNow),
  },
  {
    name: 'branch at a moment',
    kind: 'branch',
    prepare: async (_, { sourceId, moment }, id) =>
      post(`/databases/${sourceId}/branch`, id, { name: `past-${id}`, snapshot_at: moment }),
    verify: (installation, { rowsThen }, reply) => expectBranch(installation, reply, rowsThen),
  },
  {
    name: 'backup',
    kind: 'backup',
    prepare: async (_, { sourceId }, id) => post(`/databases/${sourceId}/backups`, id, { label: id }),
    verify: async (installation, { sourceId }, reply) => {
      expectStatus(201, reply)
      const list = expectStatus(200, await installation.call('GET', `/databases/${sourceId}/backups`)).json
      const made = list.filter(
        ({ label, state }: { label: string; state: string }) =>
          label === reply.json.label && state !== 'failed',
      )
      expect(made).toMatchObject([{ id: reply.json.id, state: 'ready' }])
    },
    verifyFailed: async (installation, { sourceId }, reply) => {
      const path = `/databases/${sourceId}/backups/${expectStatus(201, reply).json.id}`
      expect(expectStatus(200, await installation.call('GET', path)).json.state).toBe('failed')
    },
  },
  {
    name: 'delete a backup',
    kind: 'delete_backup',
    prepare: async (installation, { sourceId }, id) => {
      const path = `/databases/${sourceId}/backups`
      const made = expectStatus(201, await installation.call('POST', path, { body: { label: id } })).json
      await untilState(installation, `${path}/${made.id}`, 'state', 'ready')
      return { method: 'DELETE', path: `${path}/${made.id}` }
    },
    // It was deleted by then, whether the first request was answered or not.
    verify: async (_, __, reply) => void expectStatus(404, reply),
  },
  {
    name: 'restore',
    kind: 'restore',
    prepare: async (_, { backupId }, id) => ({
      method: 'POST',
      path: '/restores',
      body: { backup_id: backupId, target_name: `restored-${id}`, idempotency_key: id },
    }),
    verify: async (installation, { rowsNow }, reply) => {
      expectStatus(201, reply)
      const { status } = expectStatus(200, await installation.call('GET', `/restores/${reply.json.id}`)).json
      expect(status).toBe('completed')
      await expectRows(installation, reply.json.target_database_id, rowsNow)
    },
    verifyFailed: async (installation, _, reply) => {
      const { id, target_database_id } = expectStatus(201, reply).json
      expect((await installation.call('GET', `/restores/${id}`)).json.status).toBe('failed')
      const { json } = await installation.call('GET', `/databases/${target_database_id}`)
      expect(json.state).toBe('CREATE_FAILED')
    },
  },
  {
    name: 'delete',
    kind: 'delete',
    prepare: async (installation, _, id) => ({
      method: 'DELETE',
      path: `/databases/${await makeDatabase(installation, `deleted-${id}`)}`,
    }),
    verify: async (installation, _, reply) => {
      expectStatus(200, reply)
      const { json } = await installation.call('GET', '/databases?deleted=true')
      expect(reply.json.recoverable_until).not.toBeNull()
      expect(json.length).toBeGreaterThan(0)
    },
  },
  {
    name: 'recover',
    kind: 'recover',
    prepare: async (installation, _, id) => {
      const database = await makeDatabase(installation, `recovered-${id}`)
      expectStatus(200, await installation.call('DELETE', `/databases/${database}`))
      return post(`/databases/${database}/recover`, id, {})
    },
    verify: async (installation, _, reply) => {
      expectStatus(200, reply)
      await expectRows(installation, reply.json.id, ROWS_THEN)
    },
  },
  {
    name: 'purge',
    kind: 'purge',
    // What one deletes more than the account may keep purges the one that was deleted first.
    beginsWith: 'delete',
    prepare: async (installation, fixture, id) => {
      fixture.account ??= await makeAccount(installation)
      const { account } = fixture
      const database = await makeDatabase(installation, `kept-${id}`, account.token)
      account.deleted.push(database)
      return { method: 'DELETE', path: `/databases/${database}`, token: account.token }
    },
    verify: async (installation, { account }, reply) => {
      expect(expectStatus(200, reply).json.recoverable_until).not.toBeNull()
      const { token, deleted } = account as NonNullable<Fixture['account']>
      const purged = deleted.shift()
      const gone = expectStatus(200, await installation.call('GET', `/databases/${purged}`, { token })).json
      expect([gone.recoverable_until, gone.state_reason]).toEqual([
        null,
        expect.stringMatching(/^it was purged early/),
      ])
      const kept = expectStatus(
        200,
        await installation.call('GET', '/databases?deleted=true', { token }),
      ).json
      expect(kept.map(({ id }: { id: string }) => id).sort()).toEqual([...deleted].sort())
    },
  },
  {
    name: 'reset a password',
    kind: 'reset_password',
    prepare: async (installation, _, id) =>
      post(`/databases/${await makeDatabase(installation, `reset-${id}`)}/reset-password`, id, {}),
    verify: async (installation, _, reply) => {
      expectStatus(200, reply)
      const id = /postgresql:\/\/(db_\w+)\.admin/.exec(reply.json.connection_string)?.[1]
      await expectCredentials(installation, { ...reply.json, id })
    },
  },
  {
    name: 'adopt',
    kind: 'adopt',
    prepare: async (installation, _, id) => {
      const account = expectStatus(201, await installation.call('POST', '/anonymous-register')).json
      const database = await makeDatabase(installation, `adopted-${id}`, account.token)
      return {
        method: 'POST',
        path: '/adopt-anonymous-databases',
        body: {
          anonymous_customer_id: account.anonymous_id,
          anonymous_secret: account.anonymous_secret,
          database_ids: [database],
          idempotency_key: id,
        },
      }
    },
    verify: async (installation, _, reply) => {
      expectStatus(200, reply)
      expect(reply.json.total_transferred).toBe(1)
      await expectRows(installation, reply.json.transferred[0], ROWS_THEN)
    },
  },
]

/** The source is as it was, and still takes writes. */
export async function expectSource(
  installation: Installation,
  { sourceId, rowsNow }: Fixture,
): Promise<void> {
  await expectRows(installation, sourceId, rowsNow)
  await sql(installation, sourceId, 'create table proof (i int); drop table proof')
}

function post(path: string, key: string, body: unknown): Request {
  return { method: 'POST', path, key, body }
}

async function makeAccount(installation: Installation): Promise<NonNullable<Fixture['account']>> {
  const { token } = expectStatus(201, await installation.call('POST', '/anonymous-register')).json
  const deleted: string[] = []
  for (let n = 0; n < DELETED_LIMIT; n++) {
    const body = { name: `deleted-${n}` }
    const { id } = expectStatus(201, await installation.call('POST', '/databases', { body, token })).json
    expectStatus(200, await installation.call('DELETE', `/databases/${id}`, { token }))
    deleted.push(id)
  }
  return { token, deleted }
}

async function makeDatabase(installation: Installation, name: string, token?: string): Promise<string> {
  const options = { body: { name }, ...(token !== undefined && { token }) }
  const { id } = expectStatus(201, await installation.call('POST', '/databases', options)).json
  await sql(installation, id, `create table t as select i from generate_series(1, ${ROWS_THEN}) as i`, token)
  return id
}

async function expectBranch(installation: Installation, reply: Reply, rows: number): Promise<void> {
  expectStatus(201, reply)
  await untilState(installation, `/databases/${reply.json.id}`, 'state', 'ACTIVE')
  await expectRows(installation, reply.json.id, rows)
  await expectCredentials(installation, reply.json)
}

async function expectRows(installation: Installation, id: string, rows: number): Promise<void> {
  const found = await sql(
    installation,
    id,
    'select count(*)::int, min(i), max(i), count(distinct i)::int from t',
  )
  expect(found).toEqual([[rows, 1, rows, rows]])
}

/** The password that was answered is the one that is stored. */
async function expectCredentials(
  installation: Installation,
  { id, admin_password }: { id: string; admin_password: string },
): Promise<void> {
  const stored = expectStatus(200, await installation.call('GET', `/databases/${id}/credentials`)).json
  expect(stored.admin_password).toBe(admin_password)
}

export async function sql(installation: Installation, id: string, query: string, token?: string) {
  const options = { body: { query }, ...(token !== undefined && { token }) }
  return expectStatus(200, await installation.call('POST', `/databases/${id}/sql`, options)).json.rows
}

/** Polls until the field of what the path answers has the value. */
async function untilState(
  installation: Installation,
  path: string,
  field: string,
  value: string,
): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end; await delay(100)) {
    const { json } = expectStatus(200, await installation.call('GET', path))
    if (json[field] === value) return
    if (json.state_reason) throw new Error(`${path} is ${json[field]}: ${json.state_reason}`)
  }
  throw new Error(`${path} did not become ${value}`)
}
