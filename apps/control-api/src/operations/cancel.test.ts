import type { DatabaseEngine } from '@db9/engine'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { engineWith, startTestApi, type TestApi, toReply } from '../testing/api.ts'

let t: TestApi
let source: string
beforeAll(async () => {
  t = await startTestApi()
  source = (await t.createDatabase('source')).id
  await t.sql(source, "create table t as select 'kept' as v")
})
afterAll(() => t?.dispose())

/** Another API over an engine of which some steps are replaced. */
async function apiOn(changes: Partial<DatabaseEngine>, config = {}) {
  const api = await t.restart(engineWith(t.engine, changes), config)
  const send = (method: string, path: string, body?: unknown, token = t.ownerToken) =>
    api
      .fetch(
        new Request(`http://control/customer${path}`, {
          method,
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        }),
      )
      .then(toReply)
  return { api, send }
}

/** A step that goes on until it is called off, and says when it has begun. */
function endless() {
  const begun = Promise.withResolvers<void>()
  const step = (_id: string, _origin: unknown, { signal }: { signal?: AbortSignal } = {}) => {
    begun.resolve()
    return new Promise<never>((_, reject) => {
      signal?.addEventListener('abort', () => reject(new Error('called off')))
    })
  }
  return { begun: begun.promise, step }
}

const operationOf = async (name: string) =>
  (
    await t.metadata.query(
      `select o.id, o.status, o.error, d.state from operations o join databases d on d.id = o.database_id
        where d.name = $1 order by o.id desc limit 1`,
      [name],
    )
  ).rows[0]

test('a branch that is cancelled is taken back: its request ends with 409, its place and its name are free', async () => {
  const { begun, step } = endless()
  const { send } = await apiOn({ stage: step })
  const waiting = send('POST', `/databases/${source}/branch`, { name: 'long' })
  await begun
  const { id } = await operationOf('long')
  const cancelled = await send('POST', `/operations/${id}/cancel`)
  expect([cancelled.status, cancelled.json]).toMatchObject([
    200,
    { id, status: 'failed', state_reason: 'it was cancelled', cancelled_at: expect.any(String) },
  ])
  const reply = await waiting
  expect([reply.status, reply.json.message]).toEqual([409, 'the branch is not created: it was cancelled'])
  expect(await operationOf('long')).toMatchObject({ status: 'failed', state: 'CREATE_FAILED' })
  const { staged, leftovers } = await t.engine.inspect()
  expect([staged, leftovers]).toEqual([[], []])
  // Again: the same reply.
  expect((await send('POST', `/operations/${id}/cancel`)).json).toEqual(cancelled.json)
  expect((await t.call('POST', `/databases/${source}/branch`, { body: { name: 'long' } })).status).toBe(201)
  const audit = await t.call('GET', '/audit-logs?operation_type=cancel')
  expect(audit.json).toMatchObject([{ resource_type: 'operation', resource_id: id }])
})

test('a backup and a restore that are cancelled leave nothing in the store', async () => {
  const { begun, step } = endless()
  const { send } = await apiOn({
    backup: (id, backupId, options) => step(id, backupId, options),
  })
  const { json: backup } = await send('POST', `/databases/${source}/backups`, {})
  await begun
  const { rows } = await t.metadata.query('select id from operations where backup_id = $1', [backup.id])
  expect((await send('POST', `/operations/${rows[0].id}/cancel`)).json.status).toBe('failed')
  const shown = await t.call('GET', `/databases/${source}/backups/${backup.id}`)
  expect(shown.json).toMatchObject({ state: 'failed', state_reason: 'it was cancelled' })
  expect((await t.engine.inspect()).backups).toEqual([])
})

test('an operation that waits for its next try is taken back at once', async () => {
  let attempts = 0
  const { send } = await apiOn({
    stage: async () => {
      attempts += 1
      const { EngineError } = await import('@db9/engine')
      throw new EngineError('at_capacity', 'as many run as may')
    },
  })
  expect((await send('POST', `/databases/${source}/branch`, { name: 'waiting' })).status).toBe(201)
  const { id } = await operationOf('waiting')
  expect((await send('POST', `/operations/${id}/cancel`)).json.status).toBe('failed')
  expect(attempts).toBe(1)
  expect(await operationOf('waiting')).toMatchObject({ state: 'CREATE_FAILED' })
})

test('an operation of another runner is marked, and taken back by that runner', async () => {
  const { begun, step } = endless()
  const { send } = await apiOn({ stage: step })
  void send('POST', `/databases/${source}/branch`, { name: 'elsewhere' })
  await begun
  const { id } = await operationOf('elsewhere')
  // The first API does not run it.
  const marked = await t.call('POST', `/operations/${id}/cancel`)
  expect([marked.status, marked.json.status]).toEqual([202, 'running'])
  await expect.poll(() => operationOf('elsewhere'), { timeout: 30_000 }).toMatchObject({ status: 'failed' })
}, 60_000)

test('an operation that was cancelled just before a crash is taken back by the next start', async () => {
  const { begun, step } = endless()
  const { send } = await apiOn({ stage: step })
  void send('POST', `/databases/${source}/branch`, { name: 'left-behind' })
  await begun
  const { id } = await operationOf('left-behind')
  await t.metadata.query('update operations set cancelled_at = now() where id = $1', [id])
  await (await t.restart()).resumeJobs()
  expect(await operationOf('left-behind')).toMatchObject({ status: 'failed', error: 'it was cancelled' })
  expect((await t.engine.inspect()).staged).toEqual([])
})

test('what cannot be cancelled is 409, and an operation of another account 404', async () => {
  const done = await operationOf('source')
  const ended = await t.call('POST', `/operations/${done.id}/cancel`)
  expect([ended.status, ended.json.message]).toEqual([409, 'the operation has ended: it is done'])
  expect((await t.call('POST', `/operations/${done.id}/cancel`, { token: await t.anonymous() })).status).toBe(
    404,
  )
  expect((await t.call('POST', '/operations/op_nothing/cancel')).status).toBe(404)

  const { id } = await t.createDatabase('stays')
  const never = () => new Promise<never>(() => {})
  const { send } = await apiOn({ softDelete: never })
  void send('DELETE', `/databases/${id}`)
  await expect.poll(() => operationOf('stays')).toMatchObject({ state: 'DISABLING' })
  const running = await operationOf('stays')
  const refused = await send('POST', `/operations/${running.id}/cancel`)
  expect([refused.status, refused.json.message]).toEqual([
    409,
    'the operation cannot be cancelled: delete is tried until it is done',
  ])
})

test('a copy that takes longer than it may is given up', async () => {
  const { step } = endless()
  const { send } = await apiOn({ stage: step }, { copyLimitMs: 200 })
  const reply = await send('POST', `/databases/${source}/branch`, { name: 'slow' })
  expect([reply.status, reply.json.message]).toEqual([
    503,
    'the branch is not created: it was not done within its time',
  ])
  expect(await operationOf('slow')).toMatchObject({ status: 'failed', state: 'CREATE_FAILED' })
})

test('the deletion of an account cancels what it has under way', async () => {
  const token = await t.anonymous()
  const { id } = await t.createDatabase('of-the-leaver', { token })
  const { begun, step } = endless()
  const { api, send } = await apiOn({ stage: step })
  const branch = send('POST', `/databases/${id}/branch`, { name: 'of-the-leaver-too' }, token)
  await begun
  expect((await send('DELETE', '/me', undefined, token)).status).toBe(200)
  expect((await branch).status).toBe(409)
  await api.sweep()
  const { rows } = await t.metadata.query(
    'select state, purged_at is not null as gone from databases where id = $1',
    [id],
  )
  expect(rows).toEqual([{ state: 'DISABLED', gone: true }])
})
