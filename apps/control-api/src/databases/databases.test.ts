import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApi, type TestApi } from '../testing/api.ts'

let t: TestApi
beforeAll(async () => {
  t = await startTestApi()
})
afterAll(() => t?.dispose())

const countDatabases = async () =>
  (await t.metadata.query('select count(*)::int as n from databases')).rows[0].n

describe('creating a database', () => {
  test('returns 201 with credentials that open the database', async () => {
    const { status, json } = await t.call('POST', '/databases', {
      body: { name: 'myapp', region: 'us-east-1' },
    })
    expect(status).toBe(201)
    expect(json).toMatchObject({ name: 'myapp', region: 'us-east-1', state: 'ACTIVE', admin_user: 'admin' })
    expect(json.id).toMatch(/^db_[0-9a-z]{26}$/)
    expect(json.admin_password).toMatch(/^[A-Za-z0-9]{32}$/)
    expect(json.connection_string).toBe(
      `postgresql://${json.id}.admin:${json.admin_password}@127.0.0.1:5433/postgres`,
    )

    // The verifier in Postgres is the one of this password: what the proxy checks a login against.
    const verifier = (await t.engine.roleVerifier(json.id, 'admin'))?.verifier ?? ''
    expect(await verifies(verifier, json.admin_password)).toBe(true)
    expect(await verifies(verifier, `${json.admin_password}x`)).toBe(false)
  })

  test('keeps the password encrypted and writes it to no log', async () => {
    const { id, admin_password } = await t.createDatabase('secretive')
    const { rows } = await t.metadata.query('select * from databases where id = $1', [id])
    expect(JSON.stringify(rows)).not.toContain(admin_password)
    expect(t.logged()).not.toContain(admin_password)
    expect(t.logged()).not.toContain(t.ownerToken)
  })

  test('takes a password of the caller’s and escapes it in the connection string', async () => {
    const admin_password = 'p@ss/w:rd?#%"\\ 1'
    const { status, json } = await t.call('POST', '/databases', {
      body: { name: 'own-secret', admin_password },
    })
    expect([status, json.admin_password]).toEqual([201, admin_password])
    expect(decodeURIComponent(new URL(json.connection_string).password)).toBe(admin_password)
  })

  test.each([
    ['short', '1234567'],
    ['long', 'x'.repeat(129)],
    ['non-ASCII', 'pässwörter'],
    ['with a line break', 'password\n1'],
  ])('refuses a %s password and makes nothing', async (_, admin_password) => {
    const before = await countDatabases()
    const { status, json } = await t.call('POST', '/databases', { body: { name: 'refused', admin_password } })
    expect([status, json.message]).toEqual([422, expect.stringContaining('admin_password')])
    expect(await countDatabases()).toBe(before)
  })

  test.each([
    '',
    'Upper',
    '-x',
    '_x',
    'a b',
    'a.b',
    'x'.repeat(64),
    'db_x',
    'tok_1',
    'batch',
    'postgres',
    'template0',
    'ü',
    'a\tb',
  ])('refuses the name "%s" and makes nothing', async (name) => {
    const before = await countDatabases()
    const { status, json } = await t.call('POST', '/databases', { body: { name } })
    expect([status, json.message]).toEqual([422, expect.stringMatching(/^name: /)])
    expect(await countDatabases()).toBe(before)
  })

  test.each([
    ['an unknown field', { name: 'x', owner_id: 'cus_1' }, 'owner_id'],
    ['a missing name', {}, 'name'],
    ['a name of the wrong type', { name: 7 }, 'name'],
    ['a null name', { name: null }, 'name'],
    ['an array', [], 'body'],
    ['broken JSON', '{"name":', 'body'],
    ['no body', undefined, 'body'],
  ])('returns 400 for %s and names the field', async (_, body, field) => {
    const { status, json } = await t.call('POST', '/databases', body === undefined ? {} : { body })
    expect(status).toBe(400)
    expect(json).toEqual({ message: expect.stringContaining(field), code: 'invalid_request' })
  })

  test('returns 400 for a wrong or missing Content-Type, and for more than 1 MiB', async () => {
    const body = JSON.stringify({ name: 'typed' })
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', '']) {
      const { status, json } = await t.call('POST', '/databases', { body, headers: { 'content-type': type } })
      expect([status, json.message]).toEqual([400, expect.stringContaining('Content-Type')])
    }
    const big = await t.call('POST', '/databases', { body: { name: 'x'.repeat(1024 * 1024) } })
    expect([big.status, big.json.message]).toEqual([400, expect.stringContaining('body: must be at most')])
  })

  test('returns 409 name_taken with the existing id when the name is in use', async () => {
    const { id } = await t.createDatabase('taken')
    const { status, json } = await t.call('POST', '/databases', { body: { name: 'taken' } })
    expect(status).toBe(409)
    expect(json).toEqual({ message: 'Database name already exists', code: 'name_taken', existing_id: id })
  })

  test('makes one database when two requests with one name arrive at once', async () => {
    const body = { name: 'race' }
    const replies = await Promise.all([1, 2, 3].map(() => t.call('POST', '/databases', { body })))
    expect(replies.map((reply) => reply.status).sort()).toEqual([201, 409, 409])
  })
})

describe('reading databases', () => {
  test('GET takes the id or the name and returns a connection string', async () => {
    const created = await t.createDatabase('readable')
    const byId = await t.call('GET', `/databases/${created.id}`)
    const byName = await t.call('GET', '/databases/readable')
    expect(byId.status).toBe(200)
    expect(byName.json).toEqual(byId.json)
    expect(byId.json.connection_string).toContain(`:${created.admin_password}@`)
    const credentials = await t.call('GET', `/databases/${created.id}/credentials`)
    expect(credentials.json).toEqual({
      admin_user: 'admin',
      admin_password: created.admin_password,
      connection_string: byId.json.connection_string,
    })
  })

  test('the list holds no credentials and can be narrowed to a project', async () => {
    const { json } = await t.call('POST', '/databases', { body: { name: 'in-project', project_id: 'p1' } })
    const all = await t.call('GET', '/databases')
    expect(all.json.map((row: { name: string }) => row.name)).toContain('readable')
    expect(all.text).not.toMatch(/password|connection_string/)
    const narrowed = await t.call('GET', '/databases?project_id=p1')
    expect(narrowed.json.map((row: { id: string }) => row.id)).toEqual([json.id])
    expect((await t.call('GET', '/databases?state=ACTIVE')).status).toBe(400)
  })

  test.each(['db_00000000000000000000000000', 'nothing-here', 'NOPE', '%00', 'a%2fb', "x'--"])(
    '%s is 404',
    async (id) => {
      const { status, json } = await t.call('GET', `/databases/${id}`)
      expect([status, json]).toEqual([404, { message: 'database not found', code: 'not_found' }])
    },
  )
})

describe('deleting a database', () => {
  test('disables it, frees its name, stops its server and sends an invalidation', async () => {
    const { id } = await t.createDatabase('doomed')
    const { json: key } = await t.call('POST', `/databases/${id}/publishable-keys`, { body: {} })
    const reply = await t.call('DELETE', '/databases/doomed')
    expect([reply.status, reply.json]).toEqual([
      200,
      { message: 'Database disabled', recoverable_until: expect.any(String) },
    ])

    expect(t.engine.isRunning(id)).toBe(false)
    expect(t.invalidations).toContainEqual({ database_id: id, key_ids: [key.id] })
    expect((await t.call('GET', `/databases/${id}`)).json.state).toBe('DISABLED')
    expect((await t.call('GET', '/databases/doomed')).status).toBe(404)
    expect((await t.call('GET', '/databases')).text).not.toContain(id)
    expect((await t.call('GET', '/databases?all=true')).text).toContain(id)
    expect((await t.sql(id, 'select 1')).status).toBe(409)
    expect((await t.internal('POST', `/internal/databases/${id}/connect`, { role: 'anon' })).status).toBe(409)
    expect((await t.call('DELETE', `/databases/${id}`)).status).toBe(200)
    expect((await t.createDatabase('doomed')).id).not.toBe(id)
  })

  test('each change leaves a row in the audit log that names its caller', async () => {
    const { id } = await t.createDatabase('audited')
    await t.call('DELETE', `/databases/${id}`)
    const { rows } = await t.metadata.query(
      'select operation_type, resource_type, token_id is not null as by_token from audit_log where database_id = $1 order by id',
      [id],
    )
    expect(rows).toEqual([
      { operation_type: 'create', resource_type: 'database', by_token: true },
      { operation_type: 'delete', resource_type: 'database', by_token: true },
    ])
  })
})

/** Whether a SCRAM verifier is the one of a password, by the definition of RFC 5802. */
async function verifies(verifier: string, password: string): Promise<boolean> {
  const [, iterations, salt, storedKey] = /^SCRAM-SHA-256\$(\d+):([^$]+)\$([^:]+):/.exec(verifier) ?? []
  const { pbkdf2Sync, createHmac, createHash } = await import('node:crypto')
  const salted = pbkdf2Sync(password, Buffer.from(salt ?? '', 'base64'), Number(iterations), 32, 'sha256')
  const clientKey = createHmac('sha256', salted).update('Client Key').digest()
  return createHash('sha256').update(clientKey).digest('base64') === storedKey
}

test('the proxy gets a connection to the database itself', async () => {
  const { id, admin_password } = await t.createDatabase('direct')
  await t.sql(id, 'create table here (id int)')
  const { status, json } = await t.internal('POST', `/internal/databases/${id}/connect`, { role: 'admin' })
  expect([status, json.name, json.database]).toEqual([200, 'direct', 'postgres'])
  const [, host, port] = /^(.+)\/\.s\.PGSQL\.(\d+)$/.exec(json.address.path) ?? []
  const client = new pg.Client({
    host: host ?? '',
    port: Number(port),
    user: 'admin',
    password: admin_password,
    database: json.database,
  })
  await client.connect()
  expect((await client.query('select count(*)::int as n from here')).rows).toEqual([{ n: 0 }])
  await client.end()
})
