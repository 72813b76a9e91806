/** A login is judged before anything is started for it, and what is refused does not tell what there is. */
import { connect } from 'node:net'
import { readError } from '@db9/postgres/backend'
import { startup } from '@db9/postgres/frontend'
import { cstring, int32, MessageReader, message } from '@db9/postgres/messages'
import { makeScramVerifier } from '@db9/postgres/scram/verifier'
import { newId } from '@db9/types/ids'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { postSql } from '../testing/http.ts'
import { PASSWORD, type Stack, startStack } from '../testing/stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack({
    loginLimits: {
      perAddress: { burst: 40, perHour: 1, underWay: 40 },
      perDatabase: { burst: 40, perHour: 1, underWay: 40 },
    },
  })
})
afterAll(() => stack.close())
beforeEach(() => stack.engine.stop(stack.id))

const CLIENT_FIRST = 'n,,n=,r=rOprNGfwEbeRWgbNEkqO'

interface Heard {
  /** Type and, of a request of authentication, its kind. */
  sequence: string[]
  salt: string | undefined
  iterations: string | undefined
  error: Record<string, string | undefined> | null
}

/** What a client with a wrong password hears, up to the end of its connection. */
function hear(user: string): Promise<Heard> {
  return new Promise((resolve, reject) => {
    const socket = connect(stack.pgPort, '127.0.0.1')
    const reader = new MessageReader(64 * 1024)
    const heard: Heard = { sequence: [], salt: undefined, iterations: undefined, error: null }
    socket.on('error', reject).on('close', () => resolve(heard))
    socket.on('data', (chunk) => {
      for (const { type, body } of reader.push(chunk)) {
        const kind = type === 'R' ? body.readInt32BE(0) : ''
        heard.sequence.push(`${type}${kind}`)
        if (kind === 10)
          socket.write(message('p', cstring('SCRAM-SHA-256'), int32(CLIENT_FIRST.length), CLIENT_FIRST))
        if (kind === 11) {
          const [, nonce, salt, iterations] = /^r=(.*),s=(.*),i=(.*)$/.exec(body.toString('utf8', 4)) ?? []
          Object.assign(heard, { salt, iterations })
          socket.write(message('p', `c=biws,r=${nonce},p=${Buffer.alloc(32).toString('base64')}`))
        }
        if (type === 'E') heard.error = readError(body)
      }
    })
    socket.write(startup({ user }))
  })
}

const postAs = (connectionString: string) =>
  postSql({ port: stack.httpPort, connectionString, body: { query: 'select 1 as n' } })

describe('a database that sleeps', () => {
  test('is not started by a wrong password, over the wire protocol or over HTTP', async () => {
    expect((await hear(`${stack.id}.admin`)).error).toMatchObject({ C: '28P01' })
    const { body } = await postAs(stack.connectionString({ password: 'wrong' }))
    expect(body).toMatchObject({ code: '28P01' })
    expect(stack.engine.isRunning(stack.id)).toBe(false)
  })

  test('is not started by a startup packet alone', async () => {
    const socket = connect(stack.pgPort, '127.0.0.1')
    socket.write(startup({ user: `${stack.id}.admin` }))
    await new Promise((resolve) => socket.once('data', resolve))
    expect(stack.engine.isRunning(stack.id)).toBe(false)
    socket.destroy()
  })

  test('is started by the right password, over the wire protocol and over HTTP', async () => {
    const client = new pg.Client(stack.connectionString())
    client.on('error', () => {})
    await client.connect()
    expect((await client.query('select 1 as n')).rows).toEqual([{ n: 1 }])
    await client.end()
    await stack.engine.stop(stack.id)
    expect(await postAs(stack.connectionString())).toMatchObject({ status: 200 })
  })

  test('lets in by the password that its owner set while it was awake, and no more by the one before', async () => {
    const client = await stack.direct()
    await client.query(`alter role admin password '${makeScramVerifier('of the owner')}'`)
    await client.end()
    await stack.engine.stop(stack.id)
    stack.proxy.forgetLogins(stack.id)
    expect((await postAs(stack.connectionString())).body).toMatchObject({ code: '28P01' })
    expect(stack.engine.isRunning(stack.id)).toBe(false)
    expect(await postAs(stack.connectionString({ password: 'of the owner' }))).toMatchObject({ status: 200 })
    await stack.engine.setAdminVerifier(stack.id, makeScramVerifier(PASSWORD))
    stack.proxy.forgetLogins(stack.id)
  })
})

describe('a login that is refused', () => {
  const users = () => [
    `${stack.id}.admin`,
    `${stack.id}.nobody`,
    `${stack.id}.authenticator`,
    `${stack.id}.db9_super`,
    `${newId('database')}.admin`,
    'no-id',
    '',
  ]

  test('is answered in the same way, whoever it was for, and so it is again', async () => {
    for (const user of users()) {
      const [first, second] = [await hear(user), await hear(user)]
      expect([user, first.sequence]).toEqual([user, ['R10', 'R11', 'E']])
      expect(first.error).toMatchObject({
        C: '28P01',
        M: `password authentication failed for user "${user}"`,
      })
      expect(first.iterations).toBe('4096')
      expect(Buffer.from(first.salt ?? '', 'base64')).toHaveLength(16)
      expect([second.salt, second.sequence]).toEqual([first.salt, first.sequence])
    }
    expect(stack.engine.isRunning(stack.id)).toBe(false)
  })

  test('has the same salt in another proxy of the installation', async () => {
    const user = `${newId('database')}.admin`
    const before = await hear(user)
    const first = stack
    stack = await startStack()
    try {
      expect((await hear(user)).salt).toBe(before.salt)
    } finally {
      await stack.close()
      stack = first
    }
  })
})

test('an address whose logins fail too often is turned away, however many come at once, and waits as told', async () => {
  const limited = await startStack({
    loginLimits: {
      perAddress: { burst: 2, perHour: 1, underWay: 6 },
      perDatabase: { burst: 100, perHour: 1, underWay: 100 },
    },
  })
  const first = stack
  stack = limited
  try {
    const attempts = await Promise.all(Array.from({ length: 6 }, () => hear(`${limited.id}.admin`)))
    const codes = attempts.map(({ error }) => error?.C)
    expect(codes.filter((code) => code === '28P01')).toHaveLength(2)
    expect(codes.filter((code) => code === '28000')).toHaveLength(4)
    expect((await hear('no-id')).sequence).toEqual(['E'])
    expect(limited.engine.isRunning(limited.id)).toBe(true)
    const { status, headers } = await postAs(limited.connectionString())
    expect([status, headers['retry-after']]).toEqual([429, '1'])
  } finally {
    await limited.close()
    stack = first
  }
})
