import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startTestGateway, type TestGateway, type TestKey } from './testing/gateway.ts'
import { type Batch, type CallPart, partOf } from './testing/parts.ts'

let gateway: TestGateway
let key: TestKey

beforeAll(async () => {
  gateway = await startTestGateway()
  key = await gateway.addKey((config) => {
    config.key.rate_limit = { ...config.key.rate_limit, rps: 10_000, burst: 10_000 }
  })
  gateway.proxy.isQuick = true
})
afterAll(() => gateway.stop())

beforeEach(async () => {
  const { proxy } = gateway
  proxy.answerCall = (batches) => answeredSoon(batches.map(ownRows))
  proxy.body = '[{"id":"alone"}]'
  await read(0)
  proxy.batches.length = 0
  proxy.calls.length = 0
})

const READS = 60

const read = (id: number, init: RequestInit = {}) =>
  fetch(`${key.base}/notes?id=eq.${id}`, { ...init, headers: { apikey: key.value } })

const readMany = () => Promise.all(Array.from({ length: READS }, (_, id) => read(id)))

/** The id that the read asks for is its statement's only parameter that is a number. */
function ownRows(batch: Batch): CallPart {
  const id = batch.statements.at(-1)?.params.find((value) => value !== null && /^\d{1,3}$/.test(value))
  return partOf(batch, `[{"id":${id},"title":"ä → 𝄞"}]`)
}

/** Not at once, so that others come meanwhile. */
async function answeredSoon<T>(answer: T): Promise<T> {
  await new Promise((resolve) => setTimeout(resolve, 3))
  return answer
}

const textsOf = (replies: Response[]) => Promise.all(replies.map((reply) => reply.text()))
const sharedCalls = () => gateway.proxy.calls.filter((call) => call.length > 1)
const ownTexts = Array.from({ length: READS }, (_, id) => `[{"id":${id},"title":"ä → 𝄞"}]`)

describe('reads that are known to be quick', () => {
  test('go together to the data proxy, and each is answered with its own rows', async () => {
    const replies = await readMany()
    expect(await textsOf(replies)).toEqual(ownTexts)
    expect(sharedCalls()).not.toEqual([])
    expect(Math.max(...gateway.proxy.calls.map((call) => call.length))).toBeLessThanOrEqual(16)
    const asked = gateway.proxy.calls.flat().map(({ requestId }) => requestId)
    expect(asked.sort()).toEqual(replies.map(({ headers }) => headers.get('x-request-id')).sort())
    expect(gateway.proxy.batches).toEqual([])
  })

  test('of one kind and another go in one call, texts, roles and parameters each its own', async () => {
    const kinds = ['select=id', 'select=title', 'order=id.desc', 'limit=2']
    const ask = (i: number) =>
      fetch(`${key.base}/notes?id=eq.${i}&${kinds[i % 4]}`, { headers: { apikey: key.value } })
    await Promise.all(kinds.map((_, i) => ask(i)))
    gateway.proxy.calls.length = 0
    const replies = await Promise.all(Array.from({ length: READS }, (_, i) => ask(i)))
    expect(await textsOf(replies)).toEqual(ownTexts)
    expect(sharedCalls().some((call) => new Set(call.map(mainText)).size > 1)).toBe(true)
  })

  test.each<[string, (parts: CallPart[]) => CallPart[]]>([
    ['names them in another order', (parts) => parts.toReversed()],
    [
      'names a request that is none of them',
      ([first, ...rest]) => [{ ...first, requestId: 'req_0' } as CallPart, ...rest],
    ],
    ['leaves one out', (parts) => parts.slice(1)],
    ['has one too many', (parts) => [...parts, ...parts.slice(0, 1)]],
    ['is shorter than it says', ([first, ...rest]) => [{ ...first, body: '' } as CallPart, ...rest]],
    ['is longer than it says', ([first, ...rest]) => [{ ...first, bytes: 1 } as CallPart, ...rest]],
  ])(
    'are sent by themselves where the answer to all %s, and nobody has what is another’s',
    async (_, change) => {
      gateway.proxy.answerCall = (batches) => {
        const parts = batches.map(ownRows)
        return answeredSoon(batches.length > 1 ? change(parts) : parts)
      }
      const texts = await textsOf(await readMany())
      expect(sharedCalls()).not.toEqual([])
      for (const [id, text] of texts.entries()) expect([ownTexts[id], proxyBody()]).toContain(text)
      const inCalls = new Set(
        sharedCalls()
          .flat()
          .map(({ requestId }) => requestId),
      )
      const alone = new Set(gateway.proxy.batches.map(({ requestId }) => requestId))
      expect([...inCalls].filter((id) => !alone.has(id))).toEqual([])
    },
  )

  test('that the data proxy did not answer soon are sent by themselves, the others are answered', async () => {
    const isLate = ({ requestId }: CallPart) => requestId.charCodeAt(requestId.length - 1) % 2 === 0
    gateway.proxy.answerCall = (batches) =>
      answeredSoon(
        batches.map(ownRows).map((part) => {
          if (!isLate(part)) return part
          return { ...part, status: null, row: null, bytes: 0, body: '' }
        }),
      )
    const texts = await textsOf(await readMany())
    const alone = texts.filter((text) => text === proxyBody()).length
    expect(alone).toBe(gateway.proxy.batches.length)
    for (const [id, text] of texts.entries()) expect([ownTexts[id], proxyBody()]).toContain(text)
  })

  test('have each its own error', async () => {
    const failing = { code: '42501', message: 'permission denied for table notes' }
    gateway.proxy.answerCall = (batches) =>
      answeredSoon(
        batches.map((batch) => {
          const part = ownRows(batch)
          const id = Number(/\d+/.exec(part.body)?.[0])
          if (id % 3 === 0) return part
          const status = id % 3 === 1 ? 400 : 503
          const body = JSON.stringify(failing)
          return { ...part, status, row: null, bytes: Buffer.byteLength(body), body }
        }),
      )
    const replies = await readMany()
    const asked = gateway.proxy.calls.flat().length
    expect(replies.map(({ status }) => status).filter((status) => status !== 200).length).toBeGreaterThan(0)
    for (const [id, { status }] of replies.entries()) {
      expect([id, status]).toEqual([id, [200, 401, 503][id % 3]])
    }
    expect(asked + gateway.proxy.batches.length).toBe(READS)
  })

  test('answer HEAD without a body, and where there is no text', async () => {
    gateway.proxy.answerCall = (batches) => answeredSoon(batches.map((batch) => partOf(batch, '')))
    const heads = await Promise.all(Array.from({ length: 20 }, (_, id) => read(id, { method: 'HEAD' })))
    const gets = await Promise.all(Array.from({ length: 20 }, (_, id) => read(id)))
    for (const reply of [...heads, ...gets]) expect([reply.status, await reply.text()]).toEqual([200, ''])
  })

  test('of callers who leave in the middle cost the others nothing', async () => {
    const leaving = new AbortController()
    const reads = Array.from({ length: READS }, (_, id) =>
      id % 2 === 0 ? read(id, { signal: leaving.signal }).catch(() => null) : read(id),
    )
    setTimeout(() => leaving.abort(), 4)
    const replies = await Promise.all(reads)
    for (const [id, reply] of replies.entries()) {
      if (id % 2 === 1) expect(await reply?.text()).toBe(ownTexts[id])
    }
  })

  test('are sent by themselves where the data proxy breaks a call off', async () => {
    gateway.proxy.answerCall = () => answeredSoon(null).then(() => Promise.reject(new Error('cut')))
    const replies = await readMany()
    expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 200))
    expect(new Set(await textsOf(replies))).toEqual(new Set([proxyBody()]))
  })
})

test('writes go by themselves, however quick', async () => {
  const write = () =>
    fetch(`${key.base}/notes`, {
      method: 'POST',
      headers: { apikey: key.value, 'content-type': 'application/json' },
      body: '{"id":1}',
    })
  await write()
  await Promise.all(Array.from({ length: 20 }, write))
  expect(gateway.proxy.calls).toEqual([])
  expect(gateway.proxy.batches.filter(({ readOnly }) => !readOnly)).toHaveLength(21)
})

const mainText = ({ statements }: Batch) => statements.at(-1)?.text
const proxyBody = () => gateway.proxy.body
