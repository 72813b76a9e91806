import type { DatabaseEngine } from '@db9/engine'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ControlApi } from '../index.ts'
import { engineWith, startTestApi, type TestApi, type TestReply, toReply } from '../testing/api.ts'

/** Two control APIs over one metadata database and one engine; `calls` counts what reaches the engine. */
let t: TestApi
let apis: [ControlApi, ControlApi]
let calls: string[] = []
/** What the engine's `create` waits for, by database. */
const gates = new Map<string, Promise<void>>()

beforeAll(async () => {
  t = await startTestApi()
  const counted = (
    name: 'create' | 'stage' | 'resetSecrets' | 'publish' | 'softDelete' | 'undelete' | 'destroy',
  ) =>
    (async (...args: [never, ...never[]]) => {
      const [first] = args as unknown as [string | { id: string }]
      const id = typeof first === 'string' ? first : first.id
      calls.push(`${name} ${id}`)
      if (name === 'create') await gates.get(await nameOf(id))
      return (t.engine[name] as (...rest: never[]) => Promise<unknown>)(...args)
    }) as never
  const engine: DatabaseEngine = engineWith(t.engine, {
    create: counted('create'),
    stage: counted('stage'),
    resetSecrets: counted('resetSecrets'),
    publish: counted('publish'),
    softDelete: counted('softDelete'),
    undelete: counted('undelete'),
    destroy: counted('destroy'),
  })
  const shared = { sharesMetadata: true }
  apis = [await t.restart(engine, shared), await t.restart(engine, shared)]
  for (const api of apis) await api.resumeJobs()
})
afterAll(() => t?.dispose())

async function nameOf(id: string): Promise<string> {
  return (await t.metadata.query('select name from databases where id = $1', [id])).rows[0].name
}

function ask(
  api: ControlApi,
  method: string,
  path: string,
  body?: unknown,
  key?: string,
): Promise<TestReply> {
  const headers = {
    authorization: `Bearer ${t.ownerToken}`,
    'content-type': 'application/json',
    ...(key !== undefined && { 'idempotency-key': key }),
  }
  const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) }
  return api.fetch(new Request(`http://control/customer${path}`, init)).then(toReply)
}
const both = <T>(work: (api: ControlApi, index: number) => Promise<T>) => Promise.all(apis.map(work))
const operationsOf = async (name: string) =>
  (
    await t.metadata.query(
      `select o.* from operations o join databases d on d.id = o.database_id where d.name = $1 order by o.id`,
      [name],
    )
  ).rows
/** Holds the creation of a database of this name until the returned function is called. */
function hold(name: string): () => void {
  const gate = Promise.withResolvers<void>()
  gates.set(name, gate.promise)
  return gate.resolve
}

test('jobs that reach both APIs at once are each done once', async () => {
  calls = []
  const names = Array.from({ length: 12 }, (_, n) => `spread-${n}`)
  const made = await Promise.all(
    names.map((name, n) => ask(apis[n % 2] as ControlApi, 'POST', '/databases', { name })),
  )
  expect(made.map(({ status }) => status)).toEqual(names.map(() => 201))
  // What one made, the other changes.
  const ids: string[] = made.map(({ json }) => json.id)
  const [source = ''] = ids
  const branches = await both((api, n) =>
    ask(api, 'POST', `/databases/${source}/branch`, { name: `spread-branch-${n}` }),
  )
  expect(branches.map(({ status, json }) => [status, json.state])).toEqual([
    [201, 'ACTIVE'],
    [201, 'ACTIVE'],
  ])
  const deleted = await Promise.all(
    ids.map((id, n) => ask(apis[(n + 1) % 2] as ControlApi, 'DELETE', `/databases/${id}`)),
  )
  expect(deleted.map(({ status }) => status)).toEqual(ids.map(() => 200))

  expect(new Set(calls).size).toBe(calls.length)
  const { rows } = await t.metadata.query(
    "select distinct status, attempt, failures from operations o join databases d on d.id = o.database_id where d.name like 'spread-%'",
  )
  expect(rows).toEqual([{ status: 'done', attempt: 1, failures: 0 }])
})

test('the same name at both APIs makes one database, and the same key one request', async () => {
  const named = await both((api) => ask(api, 'POST', '/databases', { name: 'same-name' }))
  expect(named.map(({ status }) => status).sort()).toEqual([201, 409])
  await both((api) => ask(api, 'POST', '/databases', { name: 'same-key' }, 'key'))
  const replies = await both((api) => ask(api, 'POST', '/databases', { name: 'same-key' }, 'key'))
  expect(replies.map(({ status }) => status)).toEqual([201, 201])
  expect(replies[0]?.json.id).toBe(replies[1]?.json.id)
})

test('of two changes of one database at once, one runs and the other gets 409 with its id', async () => {
  const { json } = await ask(apis[0], 'POST', '/databases', { name: 'contended' })
  await ask(apis[0], 'DELETE', `/databases/${json.id}`)
  calls = []
  const replies = await both((api) => ask(api, 'POST', `/databases/${json.id}/recover`, {}))
  expect(replies.map(({ status }) => status).sort()).toEqual([200, 409])
  expect(calls).toEqual([`undelete ${json.id}`])
})

test('a third API that starts takes over no job that another runs', async () => {
  const release = hold('under-way')
  const reply = ask(apis[0], 'POST', '/databases', { name: 'under-way' })
  await expect.poll(() => operationsOf('under-way')).toMatchObject([{ status: 'running' }])
  const third = await t.restart(t.engine, { sharesMetadata: true })
  await third.resumeJobs()
  await third.close()
  expect(await operationsOf('under-way')).toMatchObject([{ status: 'running', attempt: 1 }])
  release()
  expect((await reply).status).toBe(201)
  expect(await operationsOf('under-way')).toMatchObject([{ status: 'done', attempt: 1 }])
})

test('a job whose lease lapsed is taken over, and later writes of the first runner do not count', async () => {
  const release = hold('lapsed')
  const reply = ask(apis[0], 'POST', '/databases', { name: 'lapsed' })
  await expect.poll(() => operationsOf('lapsed')).toMatchObject([{ status: 'running' }])
  await t.metadata.query(
    "update operations set lease_until = now() - interval '1 second' where status = 'running' and kind = 'create'",
  )
  const taken = apis[1].resumeJobs()
  await expect.poll(() => operationsOf('lapsed')).toMatchObject([{ attempt: 2 }])
  release()
  await taken
  const { status, json } = await reply
  const [operation] = await operationsOf('lapsed')
  expect(operation).toMatchObject({ status: 'done', attempt: 2 })
  // The first is told the truth: that another goes on with it.
  expect([status, json.operation_id]).toEqual([503, operation.id])
  expect((await ask(apis[0], 'GET', '/databases/lapsed')).json.state).toBe('ACTIVE')
})

test('a job that is due by the clock is begun once by two sweeps at the same time', async () => {
  const ids: string[] = []
  for (const name of ['due-0', 'due-1', 'due-2']) {
    const { json } = await ask(apis[0], 'POST', '/databases', { name })
    ids.push(json.id)
  }
  calls = []
  await t.metadata.query("update databases set expires_at = now() - interval '1 second' where id = any($1)", [
    ids,
  ])
  await both((api) => api.sweep())
  await t.metadata.query("update databases set purge_at = now() - interval '1 second' where id = any($1)", [
    ids,
  ])
  await both((api) => api.sweep())
  expect(calls.sort()).toEqual(ids.flatMap((id) => [`destroy ${id}`, `softDelete ${id}`]).sort())
  for (const name of ['due-0', 'due-1', 'due-2']) {
    expect((await operationsOf(name)).map(({ kind, status }) => [kind, status])).toEqual([
      ['create', 'done'],
      ['delete', 'done'],
      ['purge', 'done'],
    ])
  }
})
