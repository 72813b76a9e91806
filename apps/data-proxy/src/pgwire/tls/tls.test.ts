/** TLS on the wire protocol: asked for in Postgres' way or begun at once, with a certificate of its own or the operator's. */
import { execFile, execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls'
import { promisify } from 'node:util'
import { startup } from '@db9/postgres/frontend'
import { int32 } from '@db9/postgres/messages'
import pg from 'pg'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PASSWORD, type Stack, startStack } from '../../testing/stack.ts'
import { certificateFiles, secureContexts } from './certificate.ts'

let folder: string
let stack: Stack
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'db9-tls-'))
  const context = await secureContexts({ files: null, home: folder, host: 'db.example.com' })
  stack = await startStack({
    tls: { context, isRequired: false },
    handshakeLimitMs: 1_000,
    connectionCaps: { perAddress: 40, pendingPerAddress: 10, total: 100 },
  })
})
afterAll(async () => {
  await stack?.close()
  rmSync(folder, { recursive: true, force: true })
})

const SSL_REQUEST = Buffer.concat([int32(8), int32(80877103)])
const isSecure = 'select 1 as n'

const socketTo = (port = stack.pgPort): Socket => connect(port, '127.0.0.1').on('error', () => {})

/** What arrives until the other side ends, or `enough` says so. */
function read(socket: Socket, enough: (data: Buffer) => boolean = () => false): Promise<Buffer> {
  return new Promise((resolve) => {
    let data = Buffer.alloc(0)
    const done = () => resolve(data)
    socket.on('data', (chunk) => {
      data = Buffer.concat([data, chunk])
      if (enough(data)) done()
    })
    socket.on('close', done).on('error', done)
  })
}

async function overTls(socket: Socket, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const secured = connectTls({ socket, rejectUnauthorized: false, ...options })
  await new Promise<void>((resolve, reject) => {
    secured.once('secureConnect', resolve).once('error', reject)
    socket.once('close', () => reject(new Error('closed')))
  })
  return secured.on('error', () => {})
}

const userOf = (of = stack) => `${of.id}.admin`
const firstPacket = () => startup({ user: userOf(), database: 'postgres' })

describe('clients', () => {
  test('of node-postgres and postgres.js run over TLS, large results and notifications too', async () => {
    const ssl = { rejectUnauthorized: false }
    const client = new pg.Client({ connectionString: stack.connectionString(), ssl })
    await client.connect()
    const { rows } = await client.query(`select repeat('x', 4000000) as large`)
    expect(rows[0].large).toHaveLength(4_000_000)
    const heard = new Promise((resolve) => client.once('notification', ({ payload }) => resolve(payload)))
    await client.query('listen over_tls')
    const sql = postgres(stack.connectionString(), { ssl, max: 1 })
    expect(await sql`select 1 as n`).toEqual([{ n: 1 }])
    await sql.notify('over_tls', 'seen')
    expect(await heard).toBe('seen')
    await Promise.all([sql.end(), client.end()])
  })

  test('that come and go, in order or not, leave room for those that follow', async () => {
    for (let i = 0; i < 60; i++) {
      const client = new pg.Client({
        connectionString: stack.connectionString(),
        ssl: { rejectUnauthorized: false },
      })
      client.on('error', () => {})
      await client.connect()
      if (i % 2 === 0) await client.end()
      else (client as unknown as { connection: { stream: Socket } }).connection.stream.destroy()
    }
  })

  test('that hold the certificate check it by name', async () => {
    const ca = readFileSync(join(folder, 'pg-tls.pem'), 'utf8')
    const client = new pg.Client({
      connectionString: stack.connectionString().replace('127.0.0.1', 'localhost'),
      ssl: { ca },
    })
    await client.connect()
    expect((await client.query(isSecure)).rows).toEqual([{ n: 1 }])
    await client.end()
  })

  test('without TLS are served as before', async () => {
    const client = new pg.Client({ connectionString: stack.connectionString() })
    await client.connect()
    await client.end()
  })

  test('can cancel over TLS', async () => {
    const client = new pg.Client({
      connectionString: stack.connectionString(),
      ssl: { rejectUnauthorized: false },
    })
    await client.connect()
    const { processID, secretKey } = client as unknown as { processID: number; secretKey: number }
    const running = expect(client.query('select pg_sleep(60)')).rejects.toMatchObject({ code: '57014' })
    const socket = socketTo()
    const secured = await overTls(socket, { ALPNProtocols: ['postgresql'] })
    const key = Buffer.alloc(4)
    key.writeInt32BE(secretKey)
    secured.write(Buffer.concat([int32(16), int32(80877102), int32(processID), key]))
    await running
    await client.end()
  })

  const psql = existsSync('/usr/bin/psql')
  const major = psql
    ? Number(/(\d+)/.exec(execFileSync('/usr/bin/psql', ['--version'], { encoding: 'utf8' }))?.[1])
    : 0
  const run = async (parameters: string) => {
    const { stdout } = await promisify(execFile)('/usr/bin/psql', [
      '-XAtc',
      '\\conninfo',
      '-c',
      isSecure,
      `${stack.connectionString()}?${parameters}`,
    ])
    return stdout
  }

  test.runIf(psql)('psql runs with sslmode=require, verify-full and disable', async () => {
    expect(await run('sslmode=require')).toMatch(/SSL.*TLSv1\.3/s)
    const root = encodeURIComponent(join(folder, 'pg-tls.pem'))
    expect(await run(`sslmode=verify-full&sslrootcert=${root}`)).toMatch(/SSL/)
    expect(await run('sslmode=disable')).not.toMatch(/TLSv1/)
  })

  test.runIf(major >= 17)('psql runs with sslnegotiation=direct', async () => {
    expect(await run('sslmode=require&sslnegotiation=direct')).toMatch(/TLSv1\.3/)
  })
})

describe('TLS that begins at once', () => {
  test('is served where it names the protocol', async () => {
    const secured = await overTls(socketTo(), { ALPNProtocols: ['postgresql'] })
    expect(secured.alpnProtocol).toBe('postgresql')
    secured.write(firstPacket())
    expect((await read(secured, (data) => data.length > 8)).toString('latin1')).toContain('SCRAM-SHA-256')
    secured.destroy()
  })

  test('is ended where it names another one, or none', async () => {
    await expect(overTls(socketTo(), { ALPNProtocols: ['h2'] })).rejects.toThrow()
    const socket = socketTo()
    const secured = await overTls(socket).catch(() => null)
    if (secured) {
      secured.write(firstPacket())
      expect(await read(secured)).toHaveLength(0)
    }
    expect(socket.destroyed || socket.readableEnded || socket.closed).toBe(true)
  })
})

describe('what is wrong ends the connection, and no other', () => {
  test.each([
    ['garbage in the place of a handshake', Buffer.from('this is no TLS'.repeat(20))],
    ['a handshake record without an end', Buffer.from('160301ffff01', 'hex')],
    ['nothing', Buffer.alloc(0)],
  ])('%s after an SSLRequest', async (_, data) => {
    const socket = socketTo()
    socket.write(SSL_REQUEST)
    expect((await read(socket, (bytes) => bytes.length > 0)).toString()).toBe('S')
    const ended = read(socket)
    socket.write(data)
    await ended
    const client = new pg.Client({
      connectionString: stack.connectionString(),
      ssl: { rejectUnauthorized: false },
    })
    await client.connect()
    await client.end()
  })

  test('data that comes with the SSLRequest is refused, since somebody else may have sent it', async () => {
    const socket = socketTo()
    socket.write(Buffer.concat([SSL_REQUEST, firstPacket()]))
    expect((await read(socket)).toString()).toContain('before encryption was settled')
  })

  test('a second request for TLS inside TLS is refused', async () => {
    const socket = socketTo()
    socket.write(SSL_REQUEST)
    await read(socket, (bytes) => bytes.length > 0)
    socket.removeAllListeners('data')
    const secured = await overTls(socket)
    secured.write(SSL_REQUEST)
    expect((await read(secured, (bytes) => bytes.length > 0)).toString()).toBe('N')
    secured.destroy()
  })

  test('handshakes that are begun and not ended count as logins under way, and end in time', async () => {
    const many = Array.from({ length: 12 }, () => {
      const socket = socketTo()
      socket.write(SSL_REQUEST)
      return { socket, answer: read(socket) }
    })
    const answers = (await Promise.all(many.map(({ answer }) => answer))).map((bytes) =>
      bytes.toString('latin1'),
    )
    expect(answers.filter((text) => text.includes('53300')).length).toBeGreaterThanOrEqual(2)
    expect(answers.filter((text) => text === 'S').length).toBeLessThanOrEqual(10)
    const client = new pg.Client({ connectionString: stack.connectionString() })
    await client.connect()
    await client.end()
  })
})

test('a session over TLS is told that the service ends, and a revoked key ends it', async () => {
  stack.connectKeys.push({ id: 'ck_tls', role: 'admin', secret: 'key-over-tls' })
  const client = new pg.Client({
    connectionString: stack.connectionString({ password: 'key-over-tls' }),
    ssl: { rejectUnauthorized: false },
  })
  const ended = new Promise((resolve) => client.on('error', resolve))
  await client.connect()
  stack.proxy.endCredential('ck_tls')
  expect(await ended).toMatchObject({ code: '57P01' })
})

test('where TLS is required, sessions without it are refused and say so', async () => {
  const context = await secureContexts({ files: null, home: folder, host: 'localhost' })
  const strict = await startStack({ tls: { context, isRequired: true } })
  try {
    const connectionString = strict.connectionString({ password: PASSWORD })
    await expect(new pg.Client({ connectionString }).connect()).rejects.toMatchObject({
      code: '28000',
      message: expect.stringContaining('sslmode=require'),
    })
    const client = new pg.Client({ connectionString, ssl: { rejectUnauthorized: false } })
    await client.connect()
    await client.end()
  } finally {
    await strict.close()
  }
})

test('clients are served at [::1], too', async () => {
  const at6 = connect(stack.pgPort, '::1')
  const outcome = await new Promise((resolve) => {
    at6
      .once('connect', () => resolve('connected'))
      .once('error', ({ code }: NodeJS.ErrnoException) => resolve(code))
  })
  at6.destroy()
  expect(['connected', 'EADDRNOTAVAIL', 'EAFNOSUPPORT']).toContain(outcome)
})

describe('the certificate', () => {
  const fingerprint = (path: string) => new X509Certificate(readFileSync(path)).fingerprint256

  test('is made once, kept to its owner, and names the host and this machine', async () => {
    const path = join(folder, 'pg-tls.pem')
    const before = fingerprint(path)
    await secureContexts({ files: null, home: folder, host: 'db.example.com' })
    expect(fingerprint(path)).toBe(before)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    const { subjectAltName, ca } = new X509Certificate(readFileSync(path))
    expect(ca).toBe(true)
    for (const name of ['DNS:localhost', 'IP Address:127.0.0.1', 'DNS:db.example.com'])
      expect(subjectAltName).toContain(name)
  })

  test('is made anew where the file is no certificate', async () => {
    const home = mkdtempSync(join(folder, 'home-'))
    writeFileSync(join(home, 'pg-tls.pem'), 'nonsense')
    await secureContexts({ files: null, home, host: '192.0.2.7' })
    expect(new X509Certificate(readFileSync(join(home, 'pg-tls.pem'))).subjectAltName).toContain('192.0.2.7')
  })

  test('of the operator is read again when it was renewed, and a half renewed one serves on', async () => {
    const [first, second] = [mkdtempSync(join(folder, 'first-')), mkdtempSync(join(folder, 'second-'))]
    for (const home of [first, second]) await secureContexts({ files: null, home, host: 'localhost' })
    const path = join(folder, 'of-the-operator.pem')
    copyFileSync(join(first, 'pg-tls.pem'), path)
    let now = 0
    const context = await secureContexts(
      { files: { cert: path, key: path }, home: folder, host: 'localhost' },
      () => now,
    )
    const before = context()
    writeFileSync(path, 'half')
    utimesSync(path, 1, 1)
    now += 60_000
    expect(context()).toBe(before)
    copyFileSync(join(second, 'pg-tls.pem'), path)
    utimesSync(path, 2, 2)
    now += 59_999
    expect(context()).toBe(before)
    now += 1
    expect(context()).not.toBe(before)
  })

  test('of the operator that does not fit its key ends the start with the variables to set', async () => {
    const missing = { cert: join(folder, 'absent.crt'), key: join(folder, 'absent.key') }
    await expect(secureContexts({ files: missing, home: folder, host: 'localhost' })).rejects.toThrow(
      /DB9_PG_TLS_CERT .* DB9_PG_TLS_KEY/,
    )
    const other = mkdtempSync(join(folder, 'other-'))
    await secureContexts({ files: null, home: other, host: 'localhost' })
    const mixed = { cert: join(folder, 'mixed.crt'), key: join(other, 'pg-tls.pem') }
    writeFileSync(mixed.cert, new X509Certificate(readFileSync(join(folder, 'pg-tls.pem'))).toString())
    await expect(secureContexts({ files: mixed, home: folder, host: 'localhost' })).rejects.toThrow(
      /DB9_PG_TLS_CERT/,
    )
    expect(() => certificateFiles({ pgTlsCert: '/x', pgTlsKey: null })).toThrow(/DB9_PG_TLS_KEY/)
    expect(certificateFiles({ pgTlsCert: null, pgTlsKey: null })).toBeNull()
  })
})
