import { type DatabaseEngine, EngineError } from '@db9/engine'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { engineWith, startTestApi, type TestApi, toReply } from '../testing/api.ts'

let t: TestApi
beforeAll(async () => {
  t = await startTestApi()
})
afterAll(() => t?.dispose())

/** A step after which nothing more happens in this process, as after kill -9. */
const never = () => new Promise<never>(() => {})

async function post(engine: DatabaseEngine, body: unknown, key?: string) {
  const api = await t.restart(engine)
  const headers = {
    authorization: `Bearer ${t.ownerToken}`,
    'content-type': 'application/json',
    ...(key && { 'idempotency-key': key }),
  }
  const init = { method: 'POST', headers, body: JSON.stringify(body) }
  return api.fetch(new Request('http://control/customer/databases', init)).then(toReply)
}

const row = async (name: string) =>
  (
    await t.metadata.query('select id, state, state_reason from databases where name = $1 order by id desc', [
      name,
    ])
  ).rows[0]
const until = (name: string, state: string) => expect.poll(() => row(name)).toMatchObject({ state })

test.each([
  ['before the engine began', { create: never }],
  [
    'after the engine was done',
    {
      create: async (spec: Parameters<DatabaseEngine['create']>[0]) => {
        await t.engine.create(spec)
        return never()
      },
    },
  ],
])(
  'a create that is cut off %s ends ACTIVE at the next start, and its key gives its reply',
  async (when, changes) => {
    const name = `cut-${when.split(' ')[0]}`
    void post(engineWith(t.engine, changes), { name }, `key-${name}`)
    await until(name, 'CREATING')
    expect(
      (await t.call('POST', '/databases', { body: { name }, headers: { 'idempotency-key': `key-${name}` } }))
        .json.code,
    ).toBe('idempotency_in_flight')
    const { id } = await row(name)
    expect((await t.call('DELETE', `/databases/${id}`)).status).toBe(409)

    const api = await t.restart()
    expect((await api.knownData()).live).toContain(id)
    await api.resumeJobs()
    expect((await row(name)).state).toBe('ACTIVE')
    expect((await t.sql(id, 'select 1')).status).toBe(200)
    const replay = await t.call('POST', '/databases', {
      body: { name },
      headers: { 'idempotency-key': `key-${name}` },
    })
    expect([replay.status, replay.json.id, replay.headers.get('idempotent-replayed')]).toEqual([
      201,
      id,
      'true',
    ])
    const credentials = await t.call('GET', `/databases/${id}/credentials`)
    expect(replay.json.admin_password).toBe(credentials.json.admin_password)
  },
)

test('a create whose claim has no job may be sent again after a restart', async () => {
  await t.metadata.query(
    `insert into idempotency_keys (id, scope, key, request_sha256, status, lease_until, created_at)
     select 'req_left', id, 'left', 'x', 'started', now() + interval '1 minute', now() from customers where kind = 'owner'`,
  )
  const send = () => t.call('POST', '/tokens', { body: {}, headers: { 'idempotency-key': 'left' } })
  expect((await send()).status).toBe(422)
  await (await t.restart()).resumeJobs()
  expect((await send()).status).toBe(201)
})

test('returns 503 for a create that the engine cannot do, leaves CREATE_FAILED with the reason, and frees the name', async () => {
  const full = engineWith(t.engine, {
    create: async () => {
      throw new EngineError('failed', 'no space left on the disk')
    },
  })
  const reply = await post(full, { name: 'no-room' }, 'key-no-room')
  expect([reply.status, reply.json.message]).toEqual([
    503,
    expect.stringContaining('no space left on the disk'),
  ])
  expect(await row('no-room')).toMatchObject({
    state: 'CREATE_FAILED',
    state_reason: 'no space left on the disk',
  })
  expect((await t.call('GET', '/databases')).text).not.toContain('no-room')
  const again = await t.call('POST', '/databases', {
    body: { name: 'no-room' },
    headers: { 'idempotency-key': 'key-no-room' },
  })
  expect(again.status).toBe(201)
})

test('a resumed create that fails ends as CREATE_FAILED', async () => {
  void post(engineWith(t.engine, { create: never }), { name: 'fails-later' })
  await until('fails-later', 'CREATING')
  const broken = engineWith(t.engine, {
    create: async () => {
      throw new Error('a secret detail')
    },
  })
  await (await t.restart(broken)).resumeJobs()
  expect(await row('fails-later')).toMatchObject({ state: 'CREATE_FAILED', state_reason: 'internal error' })
})

test('a create that fails after it was taken over leaves the database of the other runner whole', async () => {
  const held = Promise.withResolvers<never>()
  const slow = post(engineWith(t.engine, { create: () => held.promise }), { name: 'taken-over' })
  await until('taken-over', 'CREATING')
  await (await t.restart()).resumeJobs()
  held.reject(new EngineError('failed', 'too late'))
  expect((await slow).status).toBe(503)
  const { id, state } = await row('taken-over')
  expect(state).toBe('ACTIVE')
  expect((await t.sql(id, 'select 1')).status).toBe(200)
})

test('an interrupted delete ends as DISABLED at the next start, and the database does not serve', async () => {
  const { id } = await t.createDatabase('cut-delete')
  const dying = await t.restart(engineWith(t.engine, { softDelete: never }))
  const headers = { authorization: `Bearer ${t.ownerToken}` }
  void dying.fetch(new Request(`http://control/customer/databases/${id}`, { method: 'DELETE', headers }))
  await until('cut-delete', 'DISABLING')
  expect((await t.sql(id, 'select 1')).status).toBe(409)

  await (await t.restart()).resumeJobs()
  expect((await row('cut-delete')).state).toBe('DISABLED')
  expect(t.engine.isRunning(id)).toBe(false)
})

test('returns 200 for a delete that the engine cannot do yet, and tries it again until it is done', async () => {
  const { id } = await t.createDatabase('stubborn')
  let failures = 0
  const stubborn = engineWith(t.engine, {
    softDelete: async (target) => {
      if (failures++ === 0) throw new EngineError('failed', 'busy')
      return t.engine.softDelete(target)
    },
  })
  const api = await t.restart(stubborn)
  const headers = { authorization: `Bearer ${t.ownerToken}` }
  const reply = await api.fetch(
    new Request(`http://control/customer/databases/${id}`, { method: 'DELETE', headers }),
  )
  expect([reply.status, (await row('stubborn')).state]).toEqual([200, 'DISABLING'])
  await (await t.restart(stubborn)).resumeJobs()
  expect((await row('stubborn')).state).toBe('DISABLED')
})

test('of two runners that resume one job the later counts, and the database ends as ACTIVE', async () => {
  void post(engineWith(t.engine, { create: never }), { name: 'two-resume' })
  await until('two-resume', 'CREATING')
  const [one, two] = [await t.restart(), await t.restart()]
  await Promise.allSettled([one.resumeJobs(), two.resumeJobs()])
  expect((await row('two-resume')).state).toBe('ACTIVE')
  const { rows } = await t.metadata.query(
    `select count(*)::int as n from operations where status = 'running'`,
  )
  expect(rows).toEqual([{ n: 0 }])
})

test('migrating again, and twice at once, changes nothing', async () => {
  const apis = [await t.restart(), await t.restart()]
  await Promise.all(apis.map((api) => api.migrate()))
  expect((await t.call('GET', '/databases')).status).toBe(200)
})

test('the owner’s token is replaced only where a renewal is asked for', async () => {
  const api = await t.restart()
  expect(await api.ensureOwner()).toEqual({ token: null })
  const { token } = await api.ensureOwner({ renew: true })
  expect((await t.call('GET', '/me')).status).toBe(401)
  expect((await t.call('GET', '/databases', { token })).json.length).toBeGreaterThan(0)
})
