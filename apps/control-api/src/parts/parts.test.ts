import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SIGNATURE_HEADER, verifyRequest } from '@db9/internal-api/signature'
import { hmacKey } from '@db9/types/crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { FAILURE_RULES } from '../operations/failures.ts'
import { dataProxyCalls } from './data-proxy.ts'
import { invalidationPush } from './gateway.ts'

const SECRET = 'a secret of thirty-two characters'
const ID = 'db_00000000000000000000000000'

interface Received {
  path: string
  body: string
  isSigned: boolean
}

let part: Server
let origin: string
/** Where nothing listens any more. */
let nowhere: string
let answer: { status: number; body: string }
let received: Received[]

beforeAll(async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => other.once('listening', resolve))
  nowhere = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
  await new Promise((resolve) => other.close(resolve))
  const key = await hmacKey(SECRET)
  part = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString()
    const path = request.url ?? ''
    const signature = String(request.headers[SIGNATURE_HEADER])
    const isSigned = (await verifyRequest({ method: 'POST', path, body }, signature, key)) !== null
    received.push({ path, body, isSigned })
    response.writeHead(answer.status).end(answer.body)
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => part.once('listening', resolve))
  origin = `http://127.0.0.1:${(part.address() as AddressInfo).port}`
})
afterAll(() => part.close())
beforeEach(() => {
  received = []
  answer = { status: 200, body: '{}' }
})

const proxy = (at: string | undefined = origin) =>
  dataProxyCalls({ internalSecret: SECRET, origin: () => at })
const change = { databaseId: ID, what: 'passwords' } as const

test('the data proxy is told by a signed call that logins end', async () => {
  await proxy().notify(change)
  expect(received).toEqual([
    { path: `/internal/databases/${ID}/forget`, body: '{"what":"passwords"}', isSigned: true },
  ])
})

test('a data proxy that is not reached, or does not take it, is tried again; one that is not started yet knows no login', async () => {
  answer = { status: 403, body: '' }
  const error = await proxy()
    .notify(change)
    .catch((reason: unknown) => reason)
  expect(error).toMatchObject({ message: 'the data proxy does not answer' })
  expect([FAILURE_RULES.isTransient(error), FAILURE_RULES.reasonOf(error)]).toEqual([
    true,
    'the data proxy does not answer',
  ])
  await expect(proxy(nowhere).notify(change)).rejects.toThrow('the data proxy does not answer')
  await dataProxyCalls({ internalSecret: SECRET, origin: () => undefined }).notify(change)
  expect(received).toHaveLength(1)
})

test('a database may sleep where the data proxy lets it go, or does not run', async () => {
  const why = { forPlace: true, listenIdleMs: 5 }
  answer.body = '{"released":false}'
  expect(await proxy().release(ID, 'epoch', why)).toBe(false)
  answer.body = '{"released":true}'
  expect(await proxy().release(ID, 'epoch', why)).toBe(true)
  expect(received[0]).toEqual({
    path: `/internal/databases/${ID}/release`,
    body: '{"for_place":true,"listen_idle_ms":5}',
    isSigned: true,
  })
  expect(await proxy(nowhere).release(ID, 'epoch', why)).toBe(true)
})

test('an invalidation that the gateway does not take is a failure, so that it is sent again', async () => {
  const invalidation = { database_id: ID, key_ids: ['pk_1'] }
  const push = invalidationPush({ internalSecret: SECRET, origin: () => origin })
  await expect(push(invalidation)).rejects.toThrow('the gateway does not answer')
  answer = { status: 204, body: '' }
  await push(invalidation)
  expect(received.map(({ isSigned }) => isSigned)).toEqual([true, true])
})
