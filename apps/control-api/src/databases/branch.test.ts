import { type DatabaseEngine, EngineError } from '@db9/engine'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { engineWith, startTestApi, type TestApi, toReply } from '../testing/api.ts'

let t: TestApi
let source: string
beforeAll(async () => {
  t = await startTestApi()
  source = (await t.createDatabase('source')).id
  await t.sql(source, "create table t as select 'kept' as v")
})
afterAll(() => t?.dispose())

const branch = (body: object, of = source, token = t.ownerToken) =>
  t.call('POST', `/databases/${of}/branch`, { token, body })
const rowOf = async (name: string) =>
  (await t.metadata.query('select * from databases where name = $1 order by id desc', [name])).rows[0]
const count = async () => (await t.metadata.query('select count(*)::int as n from databases')).rows[0].n

/** Over an engine of which some steps are replaced. */
async function branchOn(changes: Partial<DatabaseEngine>, body: object, config = {}) {
  const api = await t.restart(engineWith(t.engine, changes), config)
  const headers = { authorization: `Bearer ${t.ownerToken}`, 'content-type': 'application/json' }
  const init = { method: 'POST', headers, body: JSON.stringify(body) }
  return api.fetch(new Request(`http://control/customer/databases/${source}/branch`, init)).then(toReply)
}

test('a branch has its own rows, credentials and parent, and writes reach neither other', async () => {
  const { status, json } = await branch({ name: 'feature' })
  expect([status, json.state, json.parent_database_id]).toEqual([201, 'ACTIVE', source])
  const parent = (await t.call('GET', `/databases/${source}/credentials`)).json
  expect(json.admin_password).not.toBe(parent.admin_password)
  expect((await t.call('GET', '/databases/feature/credentials')).json.admin_password).toBe(
    json.admin_password,
  )
  expect((await t.call('GET', '/databases/feature')).json.parent_database_id).toBe(source)

  expect((await t.sql('feature', 'select v from t')).json.rows).toEqual([['kept']])
  await t.sql('feature', "insert into t values ('of the branch')")
  await t.sql(source, "insert into t values ('of the source')")
  expect((await t.sql('feature', 'select v from t order by v')).json.rows).toEqual([
    ['kept'],
    ['of the branch'],
  ])
  await t.sql(source, "delete from t where v <> 'kept'")
})

test('a branch holds what was committed before the call, also while others write', async () => {
  await t.sql(source, 'create table log (i int)')
  let writing = true
  const writer = (async () => {
    for (let i = 1_000; writing; i++) await t.sql(source, `insert into log values (${i})`)
  })()
  await t.sql(source, 'insert into log values (1)')
  const { status } = await branch({ name: 'under-writes' })
  writing = false
  await writer
  expect(status).toBe(201)
  expect((await t.sql('under-writes', 'select count(*)::int from log where i = 1')).json.rows).toEqual([[1]])
})

describe('a branch at a point in time', () => {
  let id: string
  let moment: string
  beforeAll(async () => {
    id = (await t.createDatabase('history')).id
    await t.sql(id, "create table h as select 'before' as v")
    moment = (await t.sql(id, "select to_json(clock_timestamp() at time zone 'UTC')")).json.rows[0][0]
    moment = `${moment}Z`
    await t.sql(id, "insert into h values ('after')")
  })

  test('holds what was committed until then, and nothing that came after', async () => {
    const { status, json } = await branch({ name: 'history-then', snapshot_at: moment }, id)
    expect([status, json.state]).toEqual([201, 'ACTIVE'])
    const shortest = (text: string) => text.replace(/0*Z$/, '')
    expect(shortest(json.snapshot_at)).toBe(shortest(moment))
    expect((await t.sql('history-then', 'select v from h')).json.rows).toEqual([['before']])
  })

  test('does not wake a source that sleeps', async () => {
    await t.engine.stop(id)
    expect((await branch({ name: 'history-asleep', snapshot_at: moment }, id)).status).toBe(201)
    expect(t.engine.isRunning(id)).toBe(false)
    expect((await t.sql('history-asleep', 'select v from h')).json.rows).toEqual([['before']])
  })

  test('returns 422 before the restore window, with the beginning of the window that GET shows', async () => {
    const { earliest_restorable } = (await t.call('GET', `/databases/${id}`)).json
    expect(Date.parse(earliest_restorable)).toBeLessThan(Date.parse(moment))
    const before = await count()
    const reply = await branch({ name: 'too-early', snapshot_at: '2006-03-22T06:00:00Z' }, id)
    expect([reply.status, reply.json.earliest_restorable]).toEqual([422, earliest_restorable])
    expect(reply.json.message).toContain(earliest_restorable)
    expect(await count()).toBe(before)

    // Where the past has a limit, that is named: it may be why the window begins so late.
    const body = { disk_quota_bytes: 2 ** 30 }
    expect((await t.call('PUT', `/databases/${id}/settings`, { body })).status).toBe(200)
    const limited = await branch({ name: 'too-early', snapshot_at: '2006-03-22T06:00:00Z' }, id)
    expect(limited.json.message).toContain(`within the ${2 ** 31} bytes that its past may take`)
  })
})

test('a branch names the login roles that lost their passwords, and so does its operation', async () => {
  await t.sql(source, "create role app login password 'of-the-source'; create role reader login password 'x'")
  const { json } = await branch({ name: 'no-passwords' })
  expect(json.roles_without_password).toEqual(['app', 'reader'])
  const operation = await t.call('GET', `/operations/${json.operation_id}`)
  expect(operation.json).toMatchObject({
    kind: 'branch',
    status: 'done',
    step: null,
    database_id: json.id,
    roles_without_password: ['app', 'reader'],
  })
  expect(await t.engine.roleVerifier(json.id, 'app')).toBeNull()
  expect(await t.engine.roleVerifier(source, 'app')).not.toBeNull()
})

test('a branch has the auth config and data API settings of its source, and no key', async () => {
  const byo_jwt = { jwks_url: 'https://example.com/jwks', issuer: 'https://example.com', audience: 'a' }
  await t.call('PUT', `/databases/${source}/auth-config`, { body: { byo_jwt } })
  await t.call('PUT', `/databases/${source}/data-api`, { body: { max_rows: 7 } })
  await t.call('POST', `/databases/${source}/publishable-keys`, { body: {} })
  await branch({ name: 'configured' })
  expect((await t.call('GET', '/databases/configured/auth-config')).json.byo_jwt).toMatchObject(byo_jwt)
  expect((await t.call('GET', '/databases/configured/data-api')).json.max_rows).toBe(7)
  expect((await t.call('GET', '/databases/configured/publishable-keys')).json).toEqual([])
})

test('a branch with data: false has the tables without their rows', async () => {
  await branch({ name: 'schema-only', data: false })
  expect((await t.sql('schema-only', 'select v from t')).json.rows).toEqual([])
})

test('a branch of a branch stays whole when the first branch is deleted', async () => {
  const first = (await branch({ name: 'first' })).json
  const second = (await branch({ name: 'second' }, first.id)).json
  expect(second.parent_database_id).toBe(first.id)
  await t.call('DELETE', `/databases/${first.id}`)
  for (const id of [source, second.id]) {
    expect((await t.sql(id, 'select v from t')).json.rows).toEqual([['kept']])
  }
})

test('a branch shows its expires_at and is deleted by then', async () => {
  const expires_at = new Date(Date.now() + 3_600_000).toISOString()
  const { json } = await branch({ name: 'throw-away', expires_at })
  expect(json.expires_at).toBe(expires_at)
  await t.api.sweep()
  expect((await rowOf('throw-away')).state).toBe('ACTIVE')
  await t.metadata.query(
    "update databases set expires_at = now() - interval '1 second' where name = 'throw-away'",
  )
  await t.api.sweep()
  expect((await rowOf('throw-away')).state).toBe('DISABLED')
  const { rows } = await t.metadata.query(
    "select operation_type, token_id from audit_log where resource_id = $1 and operation_type = 'delete'",
    [json.id],
  )
  expect(rows).toEqual([{ operation_type: 'delete', token_id: null }])
})

test('a branch without data keeps the tables that keep_data names, or says why not', async () => {
  await t.sql(source, 'create table kept_rows as select 1 as n; create table other_rows as select 2 as n')
  const { status, json } = await branch({ name: 'some-data', data: false, keep_data: ['kept_rows'] })
  expect([status, json.state]).toEqual([201, 'ACTIVE'])
  expect((await t.sql('some-data', 'select n from kept_rows')).json.rows).toEqual([[1]])
  expect((await t.sql('some-data', 'select n from other_rows')).json.rows).toEqual([])
  const refused = await branch({ name: 'no-such-data', data: false, keep_data: ['app.nothing'] })
  expect([refused.status, refused.json.message]).toEqual([
    422,
    'the branch is not created: keep_data: there is no table "app"."nothing"',
  ])
  expect(await rowOf('no-such-data')).toMatchObject({ state: 'CREATE_FAILED' })
})

test.each([
  ['a taken name', { name: 'source' }, 409, 'Database name already exists'],
  ['a reserved name', { name: 'template0' }, 422, 'reserved'],
  ['a name that is too long', { name: 'x'.repeat(64) }, 422, 'name'],
  ['no name', {}, 400, 'name: is required'],
  [
    'a moment that is no time',
    { name: 'bad', snapshot_at: 'yesterday' },
    400,
    'snapshot_at: must be a time such as 2026-03-22T06:00:00Z',
  ],
  ['a moment without an offset', { name: 'bad', snapshot_at: '2026-03-22T06:00:00' }, 400, 'snapshot_at'],
  [
    'a moment to come',
    { name: 'bad', snapshot_at: '2126-03-22T06:00:00Z' },
    422,
    'snapshot_at: is in the future',
  ],
  [
    'a moment that is too exact',
    { name: 'bad', snapshot_at: '2026-03-22T06:00:00.1234567Z' },
    422,
    'snapshot_at: is more exact than a microsecond',
  ],
  ['tables to keep beside all data', { name: 'bad', keep_data: ['t'] }, 422, 'keep_data: is for a branch'],
  ['a table to keep that is no name', { name: 'bad', data: false, keep_data: ['a.b.c'] }, 422, 'keep_data.0'],
  [
    'an end that has passed',
    { name: 'bad', expires_at: '2006-03-22T06:00:00Z' },
    422,
    'expires_at: is in the past',
  ],
])('is refused with %s, and nothing is made', async (_, body, status, message) => {
  const before = await count()
  const reply = await branch(body)
  expect([reply.status, reply.json.message]).toEqual([status, expect.stringContaining(message)])
  expect(await count()).toBe(before)
})

test('returns 409 for a branch of a deleted database', async () => {
  const { id } = await t.createDatabase('gone')
  await t.call('DELETE', `/databases/${id}`)
  expect((await branch({ name: 'of-gone' }, id)).status).toBe(409)
  expect(await rowOf('of-gone')).toBeUndefined()
})

test('a branch counts against the account’s limit', async () => {
  const token = await t.anonymous()
  const { id } = await t.createDatabase('one', { token })
  for (const name of ['two', 'three', 'four']) await t.createDatabase(name, { token })
  expect((await branch({ name: 'five' }, id, token)).status).toBe(201)
  expect((await branch({ name: 'six' }, id, token)).json.code).toBe('quota_exceeded')
})

test('while branches are made, deleting the source returns 409 and a third branch 429', async () => {
  const never = () => new Promise<never>(() => {})
  void branchOn({ stage: never }, { name: 'slow-1' })
  void branchOn({ stage: never }, { name: 'slow-2' })
  await expect.poll(() => rowOf('slow-2')).toMatchObject({ state: 'CLONING' })
  await expect.poll(() => rowOf('slow-1')).toMatchObject({ state: 'CLONING' })

  const deleted = await t.call('DELETE', `/databases/${source}`)
  expect([deleted.status, deleted.json.code]).toEqual([409, 'operation_in_progress'])
  const running = await t.call('GET', `/operations/${deleted.json.operation_id}`)
  expect(running.json).toMatchObject({ kind: 'branch', status: 'running', step: 'stage' })
  const third = await branch({ name: 'slow-3' })
  expect([third.status, third.headers.get('retry-after')]).toEqual([429, '5'])
  expect(await rowOf('slow-3')).toBeUndefined()
  expect((await t.sql('slow-1', 'select 1')).status).toBe(409)
  expect((await t.call('DELETE', '/databases/slow-1')).json.code).toBe('operation_in_progress')

  await (await t.restart()).resumeJobs()
  expect((await rowOf('slow-1')).state).toBe('ACTIVE')
  expect((await t.sql('slow-2', 'select v from t')).json.rows).toEqual([['kept']])
})

test('returns CLONING with the later credentials where the copy takes longer than the caller waits', async () => {
  const ready = Promise.withResolvers<void>()
  const stage: DatabaseEngine['stage'] = async (...args) => {
    await ready.promise
    return t.engine.stage(...args)
  }
  const { status, json } = await branchOn({ stage }, { name: 'long' }, { branchWaitMs: 50 })
  expect([status, json.state, json.roles_without_password]).toEqual([201, 'CLONING', null])
  expect((await t.call('GET', `/databases/${json.id}`)).json.state).toBe('CLONING')
  ready.resolve()
  const state = async () => (await t.call('GET', `/databases/${json.id}`)).json.state
  await expect.poll(state, { timeout: 10_000 }).toBe('ACTIVE')
  expect((await t.call('GET', `/databases/${json.id}/credentials`)).json.admin_password).toBe(
    json.admin_password,
  )
  expect((await t.sql(json.id, 'select v from t')).json.rows).toEqual([['kept']])
})

test('a branch that the engine cannot make fails with the reason and leaves nothing', async () => {
  const full = async () => {
    throw new EngineError('no_space', 'no space left on the disk')
  }
  const reply = await branchOn({ resetSecrets: full }, { name: 'no-room' })
  expect([reply.status, reply.json.message]).toEqual([
    503,
    expect.stringContaining('no space left on the disk'),
  ])
  const { id, state, state_reason } = await rowOf('no-room')
  expect([state, state_reason]).toEqual(['CREATE_FAILED', 'no space left on the disk'])
  expect((await t.call('GET', `/databases/${id}/operations`)).json).toMatchObject([
    { kind: 'branch', status: 'failed', state_reason: 'no space left on the disk' },
  ])
  await expect(t.engine.connect(id)).rejects.toMatchObject({ code: 'not_found' })
  expect((await branch({ name: 'no-room' })).status).toBe(201)
})

test('returns 422 with the reason where the engine cannot branch', async () => {
  const capabilities = {
    ...t.engine.capabilities,
    branch: { available: false, reason: 'not on this cluster' } as const,
  }
  const reply = await branchOn({ capabilities }, { name: 'incapable' })
  expect([reply.status, reply.json.message]).toEqual([422, 'not on this cluster'])
  expect(await rowOf('incapable')).toBeUndefined()
})

test('returns 422 with advice where the quota has no room for the branch, and makes nothing', async () => {
  const quotas: unknown[] = []
  const stage: DatabaseEngine['stage'] = async (_id, _origin, options) => {
    quotas.push(options?.diskQuotaBytes)
    throw new EngineError('too_large', 'ask for a larger quota')
  }
  const { status, json } = await branchOn({ stage }, { name: 'beyond-its-quota' })
  expect([status, json.code]).toEqual([422, 'unprocessable'])
  expect(json.message).toContain('larger quota')
  expect(quotas).toEqual([t.engine.defaultSettings.diskQuotaBytes])
  expect((await rowOf('beyond-its-quota')).state).toBe('CREATE_FAILED')
})
