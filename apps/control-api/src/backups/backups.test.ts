import { setTimeout as delay } from 'node:timers/promises'
import { type DatabaseEngine, EngineError } from '@db9/engine'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { engineWith, startTestApi, type TestApi, toReply } from '../testing/api.ts'

let t: TestApi
let source: string
let ready: string
beforeAll(async () => {
  t = await startTestApi()
  source = (await t.createDatabase('source')).id
  await t.sql(source, "create table t as select 'kept' as v; create role app login password 'x'")
  ready = await backUp({ label: 'before the migration' })
})
afterAll(() => t?.dispose())

const never = () => new Promise<never>(() => {})

async function call(engine: DatabaseEngine, method: string, path: string, body?: unknown) {
  const api = await t.restart(engine)
  const headers = { authorization: `Bearer ${t.ownerToken}`, 'content-type': 'application/json' }
  const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) }
  return api.fetch(new Request(`http://control/customer${path}`, init)).then(toReply)
}

async function untilEnded(path: string, token = t.ownerToken) {
  for (;;) {
    const { json } = await t.call('GET', path, { token })
    if (!['creating', 'running'].includes(json.state ?? json.status)) return json
    await delay(50)
  }
}

/** A backup that is ready; its id. */
async function backUp(body: object, of = source, token = t.ownerToken): Promise<string> {
  const { json } = await t.call('POST', `/databases/${of}/backups`, { token, body })
  expect(await untilEnded(`/databases/${of}/backups/${json.id}`, token)).toMatchObject({ state: 'ready' })
  return json.id
}

const restore = (body: object, token = t.ownerToken) => t.call('POST', '/restores', { token, body })
const rowOf = async (name: string) =>
  (await t.metadata.query('select * from databases where name = $1 order by id desc', [name])).rows[0]

test('a backup is returned as creating, and shows size, checksum and time once it is ready', async () => {
  const { status, json } = await t.call('POST', `/databases/${source}/backups`, {
    body: { label: 'nightly' },
  })
  expect([status, json.state, json.label, json.size_bytes]).toEqual([201, 'creating', 'nightly', null])
  const made = await untilEnded(`/databases/${source}/backups/${json.id}`)
  expect(made).toMatchObject({
    id: json.id,
    database_id: source,
    state: 'ready',
    checksum: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    lsn: expect.stringMatching(/^[0-9A-F]+\/[0-9A-F]+$/),
    engine_version: expect.stringMatching(/18/),
    expires_at: null,
  })
  expect(made.size_bytes).toBeGreaterThan(0)
  expect(Date.parse(made.completed_at)).toBeGreaterThanOrEqual(Date.parse(made.started_at))
  const list = (await t.call('GET', `/databases/${source}/backups`)).json
  expect(list.map(({ id }: { id: string }) => id)).toEqual([ready, json.id])
})

test('a restore makes a database with the rows, new credentials and no other password', async () => {
  await t.sql(source, "insert into t values ('later')")
  const { status, json } = await restore({ backup_id: ready, target_name: 'restored' })
  expect([status, json.status, json.target_name]).toEqual([201, 'running', 'restored'])
  const done = await untilEnded(`/restores/${json.id}`)
  expect(done).toMatchObject({ status: 'completed', roles_without_password: ['app'], state_reason: null })
  expect((await t.sql('restored', 'select v from t')).json.rows).toEqual([['kept']])
  const [own, parent] = [await rowOf('restored'), await rowOf('source')]
  expect([own.id, own.state, own.parent_database_id]).toEqual([json.target_database_id, 'ACTIVE', null])
  const password = async (id: string) =>
    (await t.call('GET', `/databases/${id}/credentials`)).json.admin_password
  expect(await password(own.id)).not.toBe(await password(parent.id))
})

test('the same idempotency_key restores once, and returns 422 with another body', async () => {
  const body = { backup_id: ready, target_name: 'restored-once', idempotency_key: 'restore-1' }
  const first = await restore(body)
  const again = await restore(body)
  expect(again.json).toEqual(first.json)
  expect((await restore({ ...body, target_name: 'restored-twice' })).json.code).toBe('idempotency_mismatch')
  await untilEnded(`/restores/${first.json.id}`)
  expect(await rowOf('restored-twice')).toBeUndefined()
})

test('a backup outlives its database and can be restored after the purge', async () => {
  const { id } = await t.createDatabase('short-lived')
  await t.sql(id, "create table t as select 'saved' as v")
  const backup = await backUp({}, id)
  await t.call('DELETE', `/databases/${id}`)
  const { json } = await t.call('GET', `/databases/${id}/backups/${backup}`)
  expect(Date.parse(json.expires_at) - Date.now()).toBeGreaterThan(36 * 86_400_000)
  await t.metadata.query("update databases set purge_at = now() - interval '1 second' where id = $1", [id])
  await t.api.sweep()
  const restored = (await restore({ backup_id: backup, target_name: 'lives-again' })).json
  await untilEnded(`/restores/${restored.id}`)
  expect((await t.sql('lives-again', 'select v from t')).json.rows).toEqual([['saved']])

  await t.metadata.query("update backups set expires_at = now() - interval '1 second' where id = $1", [
    backup,
  ])
  await t.api.sweep()
  expect((await t.call('GET', `/databases/${id}/backups/${backup}`)).status).toBe(404)
  expect((await t.engine.inspect()).backups).not.toContain(backup)
})

test('a deleted backup is absent from list and store, and cannot be restored', async () => {
  const backup = await backUp({})
  const path = `/databases/${source}/backups/${backup}`
  expect((await t.call('DELETE', path)).json).toEqual({ message: 'Backup deleted' })
  expect((await t.call('GET', path)).status).toBe(404)
  expect((await t.engine.inspect()).backups).not.toContain(backup)
  const reply = await restore({ backup_id: backup, target_name: 'of-a-deleted' })
  expect([reply.status, reply.json.message]).toEqual([404, 'backup not found'])
  expect(await rowOf('of-a-deleted')).toBeUndefined()
})

test('returns 409 for the delete of a backup that is being restored', async () => {
  const restoring = await call(engineWith(t.engine, { stage: never }), 'POST', '/restores', {
    backup_id: ready,
    target_name: 'restoring',
  })
  const reply = await t.call('DELETE', `/databases/${source}/backups/${ready}`)
  expect([reply.status, reply.json]).toEqual([
    409,
    expect.objectContaining({ code: 'operation_in_progress', operation_id: restoring.json.operation_id }),
  ])
  await (await t.restart()).resumeJobs()
  expect(await untilEnded(`/restores/${restoring.json.id}`)).toMatchObject({ status: 'completed' })
})

test('returns 409 for a restore of an unfinished backup and for the delete of its database', async () => {
  const making = await call(
    engineWith(t.engine, { backup: never }),
    'POST',
    `/databases/${source}/backups`,
    {},
  )
  const reply = await restore({ backup_id: making.json.id, target_name: 'half' })
  expect([reply.status, reply.json.message]).toEqual([409, 'the backup is creating, not ready'])
  expect((await t.call('DELETE', `/databases/${source}`)).json.code).toBe('operation_in_progress')
  await (await t.restart()).resumeJobs()
  expect((await t.call('GET', `/databases/${source}/backups/${making.json.id}`)).json.state).toBe('ready')
})

test('a backup that the engine cannot make fails with the reason and leaves nothing in the store', async () => {
  const backup: DatabaseEngine['backup'] = async (...args) => {
    await t.engine.backup(...args)
    throw new EngineError('corrupt', 'a file does not have its checksum')
  }
  const { json } = await call(engineWith(t.engine, { backup }), 'POST', `/databases/${source}/backups`, {})
  const failed = await untilEnded(`/databases/${source}/backups/${json.id}`)
  expect(failed).toMatchObject({ state: 'failed', state_reason: 'a file does not have its checksum' })
  expect((await t.engine.inspect()).backups).not.toContain(json.id)
})

test('a restore that fails says why, frees its name and leaves no database', async () => {
  const secure = async () => {
    throw new EngineError('no_space', 'no space left on the disk')
  }
  const { json } = await call(engineWith(t.engine, { resetSecrets: secure }), 'POST', '/restores', {
    backup_id: ready,
    target_name: 'no-room',
  })
  expect(await untilEnded(`/restores/${json.id}`)).toMatchObject({
    status: 'failed',
    state_reason: 'no space left on the disk',
    completed_at: null,
  })
  expect((await rowOf('no-room')).state).toBe('CREATE_FAILED')
  await expect(t.engine.connect(json.target_database_id)).rejects.toMatchObject({ code: 'not_found' })
  expect((await t.call('GET', '/databases')).text).not.toContain('no-room')
})

test('returns 404 for a restore of another account’s backup', async () => {
  const token = await t.anonymous()
  expect((await restore({ backup_id: ready, target_name: 'stolen' }, token)).status).toBe(404)
  const { json } = await restore({ backup_id: ready, target_name: 'mine' })
  expect((await t.call('GET', `/restores/${json.id}`, { token })).status).toBe(404)
  expect((await t.call('GET', `/operations/${json.operation_id}`, { token })).status).toBe(404)
  await untilEnded(`/restores/${json.id}`)
})

test('returns 403 at the account’s limit of backups', async () => {
  const token = await t.anonymous()
  const { id } = await t.createDatabase('limited', { token })
  await t.metadata.query(
    'update customers set backup_limit = 1 where id = (select customer_id from databases where id = $1)',
    [id],
  )
  await backUp({}, id, token)
  const reply = await t.call('POST', `/databases/${id}/backups`, { token, body: {} })
  expect([reply.status, reply.json.code]).toEqual([403, 'quota_exceeded'])
})

test.each([
  ['a name that is taken', { target_name: 'source' }, 409],
  ['a name that breaks a rule', { target_name: 'Bad Name' }, 422],
  ['no backup_id', { backup_id: undefined, target_name: 'x' }, 400],
  ['an unknown backup', { backup_id: 'bkp_x', target_name: 'x' }, 404],
])('a restore with %s is refused, and nothing is made', async (_, body, status) => {
  const count = async () => (await t.metadata.query('select count(*)::int as n from databases')).rows[0].n
  const before = await count()
  expect((await restore({ backup_id: ready, ...body })).status).toBe(status)
  expect(await count()).toBe(before)
})

test.each([
  ['GET', '/operations/%00', undefined, 404],
  ['GET', '/restores/%00', undefined, 404],
  ['POST', '/restores', { backup_id: '\u0000' }, 400],
  ['POST', '/restores', { backup_id: '\ud800' }, 400],
])(
  'refuses %s %s with text that Postgres cannot hold as a mistake of the caller',
  async (method, path, body, status) => {
    expect((await t.call(method, path, body === undefined ? {} : { body })).status).toBe(status)
  },
)
