import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { readError } from '@db9/postgres/backend'
import { cancelRequest, startup } from '@db9/postgres/frontend'
import { cstring, int32, type Message, MessageReader, message } from '@db9/postgres/messages'
import pg from 'pg'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DATABASE_NAME, PASSWORD, type Stack, startStack } from '../testing/stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack({ handshakeLimitMs: 1_000 })
})
afterAll(() => stack.close())

async function login(options: Partial<pg.ClientConfig> = {}): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: stack.connectionString(), ...options })
  client.on('error', () => {})
  await client.connect()
  return client
}

/** The error of a login, or null where it succeeded. */
async function refusalOf(options: { role?: string; password?: string; id?: string } = {}) {
  const client = new pg.Client({ connectionString: stack.connectionString(options) })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.end()
    return null
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error
    return { code: error.code, message: error.message }
  }
}

const hasPsql = existsSync('/usr/bin/psql')
const isPsqlRequired = (process.env.DB9_TEST_REQUIRE ?? '').includes('psql')

/** Runs psql; rejects with what it wrote to stderr. */
async function psql(args: string[], connection = stack.connectionString()): Promise<string> {
  const { stdout } = await promisify(execFile)('/usr/bin/psql', ['-XAtq', ...args, connection])
  return stdout
}

describe('a client', () => {
  test('of node-postgres has its own session: transactions, prepared statements, LISTEN', async () => {
    const [one, two] = [await login(), await login()]
    await one.query('create table wires (n int)')
    await one.query('begin')
    await one.query({ name: 'insert', text: 'insert into wires values ($1)', values: [7] })
    expect((await two.query('select * from wires')).rows).toEqual([])
    await one.query('commit')
    expect((await two.query('select * from wires')).rows).toEqual([{ n: 7 }])

    const heard = new Promise((resolve) => two.once('notification', (event) => resolve(event.payload)))
    await two.query('listen news')
    await one.query(`notify news, 'hello'`)
    expect(await heard).toBe('hello')
    await one.end()
    await two.end()
  })

  test('of postgres.js queries with values and moves rows by COPY', async () => {
    const sql = postgres(stack.connectionString(), { max: 2, onnotice: () => {} })
    expect(await sql`select ${'ä'}::text as text, ${[1, 2]}::int[] as list`).toEqual([
      { text: 'ä', list: [1, 2] },
    ])
    await sql`create table copied (n int)`
    const writable = await sql`copy copied from stdin`.writable()
    await new Promise((resolve) => {
      writable.end('1\n2\n3\n', () => resolve(null))
    })
    await sleep(50)
    expect(await sql`select sum(n)::int as sum from copied`).toEqual([{ sum: 6 }])
    await sql.end()
  })

  test.runIf(hasPsql || isPsqlRequired)('of psql is asked for its password only', async () => {
    expect(await psql(['-c', 'select current_user, current_database()'])).toBe('admin|postgres\n')
    const wrong = psql(['-c', 'select 1'], stack.connectionString({ password: 'wrong' }))
    await expect(wrong).rejects.toThrow(`password authentication failed for user "${stack.id}.admin"`)
  })

  test('gets megabytes whole, however slowly it reads', async () => {
    const client = await login()
    const text = `select string_agg(n::text, ',') as text from generate_series(1, 1000000) n`
    const answer = client.query(text)
    const { stream } = (client as unknown as { connection: { stream: Socket } }).connection
    for (let i = 0; i < 5; i++) {
      stream.pause()
      await sleep(40)
      stream.resume()
      await sleep(2)
    }
    const expected = Array.from({ length: 1_000_000 }, (_, i) => i + 1).join(',')
    expect((await answer).rows[0].text === expected).toBe(true)
    await client.end()
  })

  test('cancels its own statement and nobody else’s', async () => {
    const [sleeper, other] = [await login(), await login()]
    const { processID, secretKey } = sleeper as unknown as { processID: number; secretKey: number }
    const running = sleeper.query('select pg_sleep(20)')
    const failed = expect(running).rejects.toMatchObject({ code: '57014' })
    const sendCancel = (secret: number) =>
      new Promise((resolve) => {
        const buffer = Buffer.alloc(4)
        buffer.writeInt32BE(secret)
        const socket = connect(stack.pgPort, '127.0.0.1')
        socket.resume().once('close', resolve)
        socket.write(cancelRequest(processID, buffer))
      })
    await sleep(100)
    await sendCancel(secretKey ^ 1)
    await sleep(100)
    const busy = `select count(*)::int as n from pg_stat_activity where query like 'select pg_sleep(20)%' and state = 'active'`
    expect((await other.query(busy)).rows).toEqual([{ n: 1 }])
    await sendCancel(secretKey)
    await failed
    expect((await sleeper.query('select 1 as n')).rows).toEqual([{ n: 1 }])
    await sleeper.end()
    await other.end()
  })

  test('that goes away takes its session with it', async () => {
    const client = await login()
    const { rows } = await client.query('select pg_backend_pid() as pid')
    const socket = (client as unknown as { connection: { stream: Socket } }).connection.stream
    socket.destroy()
    const observer = await login()
    const alive = async () =>
      (await observer.query('select 1 from pg_stat_activity where pid = $1', [rows[0].pid])).rowCount
    for (let i = 0; i < 100 && (await alive()) === 1; i++) await sleep(20)
    expect(await alive()).toBe(0)
    await observer.end()
  })
})

describe('the database', () => {
  test('is meant by its own name, its id, the whole user name, `postgres`, and no name', async () => {
    for (const database of [DATABASE_NAME, stack.id, `${stack.id}.admin`, 'postgres', undefined]) {
      const client = await login({
        connectionString: undefined,
        host: '127.0.0.1',
        port: stack.pgPort,
        user: `${stack.id}.admin`,
        password: PASSWORD,
        database,
      })
      expect((await client.query('select current_database()')).rows).toEqual([
        { current_database: 'postgres' },
      ])
      await client.end()
    }
  })

  test('that the owner made beside it is reached by its name; the templates are not', async () => {
    const admin = await login()
    await admin.query('create database beside')
    await admin.end()
    const url = stack.connectionString().replace(/postgres$/, 'beside')
    const client = await login({ connectionString: url })
    expect((await client.query('select current_database() as name')).rows).toEqual([{ name: 'beside' }])
    await client.end()
    for (const name of ['template0', 'template1', 'absent']) {
      const refused = login({ connectionString: stack.connectionString().replace(/postgres$/, name) })
      await expect(refused).rejects.toMatchObject({
        code: '3D000',
        message: `database "${name}" does not exist`,
      })
    }
  })

  test('gets the client’s own startup parameters', async () => {
    const client = await login({ application_name: 'my app', options: '-c statement_timeout=1234' })
    const { rows } = await client.query(
      `select current_setting('application_name') as name, current_setting('statement_timeout') as timeout`,
    )
    expect(rows).toEqual([{ name: 'my app', timeout: '1234ms' }])
    await client.end()
  })
})

describe('a login', () => {
  test('is refused in the same words for a wrong password, an unknown role and an unknown database', async () => {
    const absent = `db_${'0'.repeat(26)}`
    const cases = [
      [{ password: 'wrong' }, `${stack.id}.admin`],
      [{ role: 'unknown' }, `${stack.id}.unknown`],
      [{ id: absent }, `${absent}.admin`],
      [{ id: 'db_x' }, 'db_x.admin'],
    ] as const
    for (const [options, user] of cases) {
      expect(await refusalOf(options)).toEqual({
        code: '28P01',
        message: `password authentication failed for user "${user}"`,
      })
    }
  })

  test('is refused to the service’s roles, and to authenticator even with a password or a credential', async () => {
    const root = await stack.direct('db9_super')
    await root.query(`alter role anon password '${PASSWORD}'`)
    await root.end()
    for (const role of ['anon', 'service_role', 'pg_monitor']) {
      expect(await refusalOf({ role })).toMatchObject({ code: '28P01' })
    }
    const { logins } = await stack.engine.connect(stack.id)
    expect(Object.keys(logins).sort()).toEqual(['authenticator', 'db9_admin', 'db9_reader', 'db9_service'])
    for (const [role, password] of Object.entries(logins)) {
      expect(await refusalOf({ role, password })).toMatchObject({ code: '28P01' })
    }
    const password = await stack.credential()
    expect(await refusalOf({ role: 'authenticator', password })).toMatchObject({ code: '28P01' })
    expect(await refusalOf({ password: await stack.credential({ role: 'admin' }) })).toMatchObject({
      code: '28P01',
    })
  })

  test('works for a user whom the owner made, with a dot in the name, until the password changes', async () => {
    const admin = await login()
    await admin.query(`create role "ann.b" login password 'pa%ss wörd'`)
    expect(await refusalOf({ role: 'ann.b', password: 'pa%ss wörd' })).toBeNull()
    await admin.query(`alter role "ann.b" password 'other'`)
    expect(await refusalOf({ role: 'ann.b', password: 'pa%ss wörd' })).toMatchObject({ code: '28P01' })
    await admin.query(`alter role "ann.b" password 'other' valid until '2020-01-01'`)
    expect(await refusalOf({ role: 'ann.b', password: 'other' })).toMatchObject({ code: '28P01' })
    await admin.end()
  })

  test('for replication is refused', async () => {
    const client = login({ replication: 'database' } as Partial<pg.ClientConfig>)
    await expect(client).rejects.toMatchObject({ code: '0A000' })
  })

  test.each([
    [2_000, 2_000 * 62 - 2],
    [20_000, '54000'],
  ])('with a search path of %i schemas harms nobody else', async (count, expected) => {
    const admin = await stack.direct()
    await admin.query(`create role wordy login password 'wordy'`)
    const path = Array.from({ length: count }, (_, i) => `"${String(i).padStart(60, 'x')}"`).join()
    await admin.query(`alter role wordy set search_path = ${path}`)
    const wordy = stack.connectionString({ role: 'wordy', password: 'wordy' })
    const shown = async () => {
      const client = await login({ connectionString: wordy })
      const { rows } = await client.query('show search_path')
      await client.end()
      return rows[0].search_path.length
    }
    expect(await shown().catch((error) => error.code)).toBe(expected)
    const other = await login()
    expect((await other.query('select 1 as n')).rows).toEqual([{ n: 1 }])
    await other.end()
    await admin.query('drop role wordy')
    await admin.end()
  })

  test('is the server’s to refuse, in its own words', async () => {
    const client = login({ options: '-c no_such_setting=1' })
    await expect(client).rejects.toMatchObject({ code: '42704' })
  })

  test('over the database’s number of connections is refused, and the next one works when one has gone', async () => {
    const clients = await Promise.all(Array.from({ length: 29 }, () => login()))
    expect(await refusalOf()).toEqual({
      code: '53300',
      message: 'too many connections for this database (at most 29)',
    })
    await clients.pop()?.end()
    await sleep(50)
    expect(await refusalOf()).toBeNull()
    await Promise.all(clients.map((client) => client.end()))
  })
})

/** The bytes of a client that is none of the usual ones. */
class RawClient {
  readonly #socket: Socket
  readonly #reader = new MessageReader(100_000)
  #received: Buffer = Buffer.alloc(0)
  readonly closed: Promise<void>

  constructor() {
    this.#socket = connect(stack.pgPort, '127.0.0.1')
    this.#socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk])
    })
    this.closed = new Promise((resolve) => this.#socket.once('close', () => resolve()))
    this.#socket.on('error', () => {})
  }

  send(data: Buffer): this {
    this.#socket.write(data)
    return this
  }

  async bytes(count: number): Promise<Buffer> {
    while (this.#received.length < count) await sleep(5)
    const bytes = this.#received.subarray(0, count)
    this.#received = this.#received.subarray(count)
    return bytes
  }

  /** Every message until the server closed. */
  async messages(): Promise<Message[]> {
    await this.closed
    return this.#reader.push(this.#received)
  }
}

describe('the first packet', () => {
  test('may ask for encryption, in both ways, and is answered no', async () => {
    const client = new RawClient().send(message('', int32(80_877_104)))
    expect((await client.bytes(1)).toString()).toBe('N')
    client.send(message('', int32(80_877_103)))
    expect((await client.bytes(1)).toString()).toBe('N')
    client.send(startup({ user: `${stack.id}.admin` }))
    expect((await client.bytes(1)).toString()).toBe('R')
  })

  test('may not hide a startup packet behind a request for encryption', async () => {
    const client = new RawClient().send(
      Buffer.concat([message('', int32(80_877_103)), startup({ user: `${stack.id}.admin` })]),
    )
    const [refusal] = await client.messages()
    expect(readError(refusal?.body ?? Buffer.alloc(1))).toMatchObject({ C: '08P01' })
  })

  test('of protocol 3.2 is answered with the version that is spoken here', async () => {
    const client = new RawClient().send(
      message('', int32(196_610), cstring('user'), cstring(`${stack.id}.admin`), '\0'),
    )
    expect(await client.bytes(13)).toEqual(message('v', int32(196_608), int32(0)))
    expect((await client.bytes(1)).toString()).toBe('R')
  })

  test.each([
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['a megabyte', Buffer.concat([int32(1_000_000), int32(196_608)])],
    ['no password message', Buffer.concat([startup({ user: 'x' }), message('Q', cstring('select 1'))])],
    ['no SCRAM', Buffer.concat([startup({ user: 'x' }), message('p', cstring('PLAIN'), int32(0))])],
  ])('is refused where it is %s', async (_, data) => {
    const messages = await new RawClient().send(data).messages()
    const last = messages.at(-1)
    expect(last?.type).toBe('E')
    expect(readError(last?.body ?? Buffer.alloc(1))).toMatchObject({ C: '08P01', S: 'FATAL' })
  })

  test('is waited for a limited time only', async () => {
    const start = performance.now()
    await new RawClient().closed
    expect(performance.now() - start).toBeGreaterThan(900)
    expect(performance.now() - start).toBeLessThan(3_000)
  })
})

test('nothing secret was logged', () => {
  expect(stack.logged.join('\n')).not.toContain(PASSWORD)
  expect(stack.logged.filter((line) => JSON.parse(line).level >= 50)).toEqual([])
})
