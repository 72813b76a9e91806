import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { engineWith, startTestApi, type TestApi, toReply } from '../testing/api.ts'

let t: TestApi
beforeAll(async () => {
  t = await startTestApi()
})
afterAll(() => t?.dispose())

async function deleted(name: string, token = t.ownerToken) {
  const { id } = await t.createDatabase(name, { token })
  await t.sql(id, "create table t as select 'kept' as v", { token })
  const { json } = await t.call('DELETE', `/databases/${id}`, { token })
  return { id, recoverable_until: json.recoverable_until }
}
const recover = (id: string, body: unknown = {}, token = t.ownerToken) =>
  t.call('POST', `/databases/${id}/recover`, { token, body })
const passGrace = (id: string) =>
  t.metadata.query(`update databases set purge_at = now() - interval '1 second' where id = $1`, [id])

test('a deleted database is kept for a week, listed as such, and does not serve', async () => {
  const { id, recoverable_until } = await deleted('kept-a-week')
  expect(Date.parse(recoverable_until) - Date.now()).toBeGreaterThan(6.9 * 86_400_000)
  const { json } = await t.call('GET', '/databases?deleted=true')
  expect(json).toContainEqual(expect.objectContaining({ id, state: 'DISABLED', recoverable_until }))
  expect((await t.call('GET', '/databases')).text).not.toContain(id)
  expect(t.engine.isRunning(id)).toBe(false)
  expect((await t.sql(id, 'select 1')).status).toBe(409)
})

describe('with purge=true', () => {
  const purgedOf = async (id: string) => {
    const inventory = await t.engine.inspect()
    return ![...inventory.databases, ...inventory.softDeleted].includes(id)
  }

  test('a database and its keys are gone at once, and its backups stay', async () => {
    const { id } = await t.createDatabase('purged')
    const { json: key } = await t.call('POST', `/databases/${id}/publishable-keys`, { body: {} })
    const { json: backup } = await t.call('POST', `/databases/${id}/backups`, { body: {} })
    const backups = `/databases/${id}/backups/${backup.id}`
    await expect
      .poll(async () => (await t.call('GET', backups)).json.state, { timeout: 30_000 })
      .toBe('ready')
    const reply = await t.call('DELETE', `/databases/${id}?purge=true`)
    expect([reply.status, reply.json]).toEqual([200, { message: 'Database purged', recoverable_until: null }])
    expect(await purgedOf(id)).toBe(true)
    const gone = await recover(id)
    expect([gone.status, gone.json.message]).toEqual([409, expect.stringContaining('its owner asked for it')])
    expect((await t.call('GET', backups)).json.state).toBe('ready')
    const { rows } = await t.metadata.query('select revoked_at from publishable_keys where id = $1', [key.id])
    expect(rows[0].revoked_at).not.toBeNull()
    const audit = await t.call('GET', `/audit-logs?operation_type=purge&database_id=${id}`)
    expect(audit.json).toHaveLength(1)
    // Again: the same reply.
    expect((await t.call('DELETE', `/databases/${id}?purge=true`)).json).toEqual(reply.json)
  })

  test('a database that was deleted before is gone at once', async () => {
    const { id } = await deleted('purged-later')
    expect(await purgedOf(id)).toBe(false)
    expect((await t.call('DELETE', `/databases/${id}?purge=true`)).json.message).toBe('Database purged')
    expect(await purgedOf(id)).toBe(true)
  })

  test('two requests at once, one to recover it, leave it whole or gone', async () => {
    const { id } = await deleted('purged-or-not')
    const [purged, recovered] = await Promise.all([
      t.call('DELETE', `/databases/${id}?purge=true`),
      recover(id),
    ])
    const isGone = await purgedOf(id)
    expect([purged.status, recovered.status]).toEqual(isGone ? [200, 409] : [expect.any(Number), 200])
    if (!isGone) expect((await t.sql(id, 'select v from t')).json.rows).toEqual([['kept']])
  })

  test('another value is 400, and deletes nothing', async () => {
    const { id } = await t.createDatabase('purged-by-mistake')
    for (const query of ['purge=yes', 'purge=1', 'prune=true', 'purge=true&purge=false'])
      expect((await t.call('DELETE', `/databases/${id}?${query}`)).status).toBe(400)
    expect((await t.call('GET', `/databases/${id}`)).json.state).toBe('ACTIVE')
  })
})

test('recover returns the database with its name, data, keys and credentials', async () => {
  const { id, admin_password } = await t.createDatabase('comes-back')
  await t.sql(id, "create table t as select 'kept' as v")
  const { json: key } = await t.call('POST', `/databases/${id}/publishable-keys`, { body: {} })
  await t.call('DELETE', `/databases/${id}`)
  t.invalidations.length = 0

  const reply = await recover(id)
  expect(reply.status).toBe(200)
  expect(reply.json).toMatchObject({ id, name: 'comes-back', state: 'ACTIVE', recoverable_until: null })
  expect((await t.sql(id, 'select v from t')).json.rows).toEqual([['kept']])
  expect((await t.call('GET', '/databases/comes-back/credentials')).json.admin_password).toBe(admin_password)
  expect(t.invalidations).toContainEqual({ database_id: id, key_ids: [key.id] })
})

test('recover returns 409 where the name is taken meanwhile, and accepts another name', async () => {
  const { id } = await deleted('name-reused')
  const taker = await t.createDatabase('name-reused')
  const refused = await recover(id)
  expect([refused.status, refused.json]).toEqual([
    409,
    { message: 'Database name already exists', code: 'name_taken', existing_id: taker.id },
  ])
  expect((await t.call('GET', `/databases/${id}`)).json.state).toBe('DISABLED')
  expect((await recover(id, { name: 'Bad Name' })).status).toBe(422)

  const reply = await recover(id, { name: 'name-renewed' })
  expect([reply.status, reply.json.name]).toEqual([200, 'name-renewed'])
  expect((await t.sql('name-renewed', 'select v from t')).json.rows).toEqual([['kept']])
})

test('recover counts against the account’s limit', async () => {
  const token = await t.anonymous()
  const { id } = await deleted('over-limit', token)
  for (const name of ['a', 'b', 'c', 'd', 'e']) await t.createDatabase(name, { token })
  const reply = await recover(id, {}, token)
  expect([reply.status, reply.json.code]).toEqual([403, 'quota_exceeded'])
  expect((await t.call('GET', `/databases/${id}`, { token })).json.state).toBe('DISABLED')
})

test('recover returns 409 for a database that is not deleted, and changes nothing', async () => {
  const { id } = await t.createDatabase('alive')
  const reply = await recover(id)
  expect([reply.status, reply.json.message]).toEqual([409, expect.stringContaining('it is ACTIVE')])
  expect((await t.sql(id, 'select 1')).status).toBe(200)
})

test('a database is purged after its grace period, and recover returns 409 then', async () => {
  const { id } = await deleted('purged')
  await passGrace(id)
  expect((await recover(id)).status).toBe(409)
  expect((await t.engine.inspect()).softDeleted).toContain(id)
  await t.api.sweep()
  expect(JSON.stringify(await t.engine.inspect())).not.toContain(id)
  const { json } = await t.call('GET', `/databases/${id}`)
  expect([json.state, json.recoverable_until]).toEqual(['DISABLED', null])
  expect((await t.call('GET', '/databases?deleted=true')).text).not.toContain(id)
  const refused = await recover(id)
  expect([refused.status, refused.json.message]).toEqual([
    409,
    expect.stringContaining('grace period is over'),
  ])
  const operations = (await t.call('GET', `/databases/${id}/operations`)).json
  expect(operations.map(({ kind, status }: { kind: string; status: string }) => [kind, status])).toEqual([
    ['purge', 'done'],
    ['delete', 'done'],
    ['create', 'done'],
  ])
})

test('deletes at once and a later delete return the same reply', async () => {
  const { id } = await t.createDatabase('twice')
  const replies = await Promise.all([1, 2].map(() => t.call('DELETE', `/databases/${id}`)))
  expect(replies.map(({ status }) => status)).toEqual([200, 200])
  const later = await t.call('DELETE', `/databases/${id}`)
  expect(later.json.recoverable_until).not.toBeNull()
})

test('a recovery without its job is ended, and the data is kept', async () => {
  const { id } = await t.createDatabase('half-recovered')
  await t.sql(id, "create table t as select 'kept' as v")
  await t.call('DELETE', `/databases/${id}`)
  await t.metadata.query("update databases set state = 'CREATING' where id = $1", [id])
  await t.api.sweep()
  expect((await t.call('GET', `/databases/${id}`)).json.state).toBe('DISABLED')
  expect((await t.call('POST', `/databases/${id}/recover`, { body: {} })).status).toBe(200)
  expect((await t.sql(id, 'select v from t')).json.rows).toEqual([['kept']])
})

describe('an account may keep so many deleted databases', () => {
  test('keeps the last five deleted databases, and says why the others were purged', async () => {
    const token = await t.anonymous()
    const gone: string[] = []
    for (let n = 0; n < 8; n++) gone.push((await deleted('on-and-on', token)).id)
    const kept = gone.slice(-5)
    const { json } = await t.call('GET', '/databases?deleted=true', { token })
    expect(json.map(({ id }: { id: string }) => id).sort()).toEqual([...kept].sort())
    const { softDeleted: retired } = await t.engine.inspect()
    expect(gone.filter((id) => retired.includes(id))).toEqual(kept)

    const refused = await recover(gone[0] as string, {}, token)
    expect([refused.status, refused.json.message]).toEqual([
      409,
      'the database cannot be recovered: it was purged early: the account may keep 5 deleted databases, ' +
        'and the oldest goes first',
    ])
    expect((await recover(kept[0] as string, {}, token)).status).toBe(200)
  })

  test('keeps all deleted databases where there is no limit', async () => {
    const ids: string[] = []
    for (let n = 0; n < 7; n++) ids.push((await deleted('of-the-owner')).id)
    await t.api.sweep()
    const { softDeleted: retired } = await t.engine.inspect()
    expect(ids.filter((id) => !retired.includes(id))).toEqual([])
  })
})

describe('with less left on the volume than its reserve', () => {
  const reserveBytes = 256 * 2 ** 20
  /** The volume as it is told of the first so many times; then there is room. */
  const lowFor = (looks: number) => {
    let left = looks
    return engineWith(t.engine, {
      volume: async () => ({ freeBytes: left-- > 0 ? reserveBytes - 1 : reserveBytes, reserveBytes }),
    })
  }

  test('purges the databases that were deleted first until there is room', async () => {
    await t.metadata.query(
      "update databases set purge_at = now() - interval '1 second' where state = 'DISABLED'",
    )
    await t.api.sweep()
    const ids = [(await deleted('first')).id, (await deleted('second')).id, (await deleted('third')).id]
    await (await t.restart(lowFor(2))).sweep()
    const { softDeleted: retired } = await t.engine.inspect()
    expect(ids.filter((id) => retired.includes(id))).toEqual([ids[2]])
    const refused = await recover(ids[0] as string)
    expect([refused.status, refused.json.message]).toEqual([
      409,
      expect.stringContaining('the disk had less than its reserve of 256 MB left'),
    ])
    // It purges what all tests before it have deleted.
  }, 60_000)

  test('returns 503 with the reason and makes no database', async () => {
    const api = await t.restart(lowFor(1))
    const headers = { authorization: `Bearer ${t.ownerToken}`, 'content-type': 'application/json' }
    const create = () =>
      api
        .fetch(
          new Request('http://control/customer/databases', {
            method: 'POST',
            headers,
            body: '{"name":"no-room"}',
          }),
        )
        .then(toReply)
    const { status, json } = await create()
    expect([status, json.code, json.message]).toEqual([
      503,
      'unavailable',
      expect.stringContaining('the disk of this installation is nearly full'),
    ])
    expect((await t.call('GET', '/databases')).text).not.toContain('no-room')
    expect((await create()).status).toBe(201)
  })
})
