import { type DatabaseEngine, EngineError } from '@db9/engine'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { jobPoints } from '../job-definitions.ts'
import { engineWith, startTestApi, type TestApi, toReply } from '../testing/api.ts'
import type { JobPoint } from './definition.ts'

let t: TestApi
beforeAll(async () => {
  t = await startTestApi()
})
afterAll(() => t?.dispose())

const never = () => new Promise<never>(() => {})
const fail = (code: EngineError['code'], message: string) => async () => {
  throw new EngineError(code, message)
}

/** A create over an engine of which some steps are replaced, on an API of its own. */
async function begin(name: string, changes: Partial<DatabaseEngine>, config = {}) {
  const api = await t.restart(engineWith(t.engine, changes), config)
  const headers = { authorization: `Bearer ${t.ownerToken}`, 'content-type': 'application/json' }
  const init = { method: 'POST', headers, body: JSON.stringify({ name }) }
  const reply = api.fetch(new Request('http://control/customer/databases', init)).then(toReply)
  return { api, reply }
}

async function operationOf(name: string) {
  const { rows } = await t.metadata.query(
    `select o.*, d.state as database_state from operations o join databases d on d.id = o.database_id
     where d.name = $1 order by o.id desc limit 1`,
    [name],
  )
  return rows[0]
}
const untilRunning = (name: string) =>
  expect.poll(() => operationOf(name)).toMatchObject({ status: 'running' })

test('a transient failure returns 503 with the operation, and the job is tried again after a wait', async () => {
  const { reply } = await begin('passing', { create: fail('at_capacity', 'as many run as may') })
  const { status, json } = await reply
  expect([status, json.code]).toEqual([503, 'unavailable'])
  const operation = await operationOf('passing')
  expect(operation).toMatchObject({
    id: json.operation_id,
    status: 'running',
    failures: 1,
    error: 'as many run as may',
    database_state: 'CREATING',
  })
  expect(operation.lease_until.getTime()).toBeGreaterThan(Date.now())
  await (await t.restart()).resumeJobs()
  expect(await operationOf('passing')).toMatchObject({
    status: 'done',
    error: null,
    database_state: 'ACTIVE',
  })
})

test('a job past its deadline is taken back and fails, also where its step never ends', async () => {
  const { reply } = await begin('too-late', { create: never })
  await untilRunning('too-late')
  await t.metadata.query(`update operations set deadline_at = now() - interval '1 second' where id = $1`, [
    (await operationOf('too-late')).id,
  ])
  await (await t.restart(engineWith(t.engine, { create: never }))).resumeJobs()
  expect(await operationOf('too-late')).toMatchObject({
    status: 'failed',
    error: 'it was not done within its time',
    database_state: 'CREATE_FAILED',
  })
  void reply
})

test('a job fails and frees its name only once it is taken back', async () => {
  const { reply } = await begin('stuck', {
    create: fail('failed', 'the disk is broken'),
    destroy: fail('failed', 'the disk is broken'),
  })
  expect((await reply).status).toBe(503)
  expect(await operationOf('stuck')).toMatchObject({
    status: 'running',
    undoing: true,
    database_state: 'CREATING',
  })
  expect((await t.call('POST', '/databases', { body: { name: 'stuck' } })).status).toBe(409)

  await (await t.restart()).resumeJobs()
  expect(await operationOf('stuck')).toMatchObject({
    status: 'failed',
    error: 'the disk is broken',
    database_state: 'CREATE_FAILED',
  })
  expect((await t.call('POST', '/databases', { body: { name: 'stuck' } })).status).toBe(201)
})

test('closing releases a running job at once, and the next start goes on with it', async () => {
  const { api, reply } = await begin('let-go', { create: never })
  await untilRunning('let-go')
  await api.close()
  expect((await reply).status).toBe(503)
  expect((await operationOf('let-go')).lease_until.getTime()).toBeLessThanOrEqual(Date.now())
  await (await t.restart()).resumeJobs()
  expect((await operationOf('let-go')).database_state).toBe('ACTIVE')
})

test('a job whose step is of another release begins anew', async () => {
  void begin('renamed-step', { create: never })
  await untilRunning('renamed-step')
  const { id } = await operationOf('renamed-step')
  await t.metadata.query(`update operations set step = 'no_such_step' where id = $1`, [id])
  await (await t.restart()).resumeJobs()
  expect((await operationOf('renamed-step')).database_state).toBe('ACTIVE')
})

test('a database that is under way without a job is ended, or its delete goes on', async () => {
  const { id: half } = await t.createDatabase('half')
  const { id: going } = await t.createDatabase('going')
  await t.metadata.query(`update databases set state = 'CLONING' where id = $1`, [half])
  await t.metadata.query(`update databases set state = 'DISABLING' where id = $1`, [going])
  await t.api.sweep()
  const state = async (id: string) => (await t.call('GET', `/databases/${id}`)).json.state
  expect([await state(half), await state(going)]).toEqual(['CREATE_FAILED', 'DISABLED'])
})

test('every point of every job is reported in the order of its steps', async () => {
  const seen: JobPoint[] = []
  const api = await t.restart(t.engine, {}, { onJobPoint: (point) => void seen.push(point) })
  const headers = { authorization: `Bearer ${t.ownerToken}`, 'content-type': 'application/json' }
  const init = { method: 'POST', headers, body: '{"name":"observed"}' }
  await api.fetch(new Request('http://control/customer/databases', init))
  expect(seen).toEqual(jobPoints('create'))
})
