/** Reads that share calls, in a real workerd with a data proxy that the tests answer for. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startTestGateway, type TestGateway, type TestKey } from '../testing/gateway.ts'
import { type Batch, type CallPart, partOf } from '../testing/parts.ts'

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
  proxy.answerCall = (batches) => answeredSoon(batches.map(ownPart))
  proxy.bodyOf = (batch) => answeredSoon(textOf(idOf(batch), 'alone'))
  await read(0)
  proxy.batches.length = 0
  proxy.calls.length = 0
})

const READS = 60

const read = (id: number, init: RequestInit = {}) =>
  fetch(`${key.base}/notes?id=eq.${id}`, { ...init, headers: { apikey: key.value } })

const readMany = () => Promise.all(Array.from({ length: READS }, (_, id) => read(id)))

/** The id that the read asks for is its statement's only parameter that is a number. */
function idOf(batch: Batch): number {
  const id = batch.statements.at(-1)?.params.find((value) => value !== null && /^\d{1,3}$/.test(value))
  return Number(id)
}

const textOf = (id: number, way: 'alone' | 'together') => `[{"id":${id},"title":"ä → 𝄞","way":"${way}"}]`
const ownPart = (batch: Batch) => partOf(batch, textOf(idOf(batch), 'together'))

/** Not at once, so that others come meanwhile. */
async function answeredSoon<T>(answer: T): Promise<T> {
  await new Promise((resolve) => setTimeout(resolve, 3))
  return answer
}

const textsOf = (replies: Response[]) => Promise.all(replies.map((reply) => reply.text()))
const requestIds = (batches: Batch[]) => batches.map(({ requestId }) => requestId)

/** Each has its own rows, and by the way that its batch went last. */
async function expectOwnRows(replies: Response[]): Promise<void> {
  const alone = new Set(requestIds(gateway.proxy.batches))
  const texts = await textsOf(replies)
  for (const [id, { headers }] of replies.entries()) {
    const way = alone.has(headers.get('x-request-id') ?? '') ? 'alone' : 'together'
    expect(texts[id]).toBe(textOf(id, way))
  }
}

describe('quick reads', () => {
  // A busy machine may answer none of them quickly.
  test('are sent together to the data proxy, and each gets its own rows', { retry: 3 }, async () => {
    const { proxy } = gateway
    const replies = await readMany()
    await expectOwnRows(replies)
    expect(proxy.calls.length).toBeGreaterThan(0)
    for (const { length } of proxy.calls) expect([length >= 2, length <= 16]).toEqual([true, true])
    // None is sent twice.
    const sent = [...requestIds(proxy.calls.flat()), ...requestIds(proxy.batches)]
    expect(sent.sort()).toEqual(replies.map(({ headers }) => headers.get('x-request-id')).sort())
  })

  test('of two kinds are sent in one call, each with its own text and parameters', async () => {
    const { proxy } = gateway
    const kinds = ['select=id', 'select=title', 'order=id.desc', 'limit=2']
    const ask = (i: number) =>
      fetch(`${key.base}/notes?id=eq.${i}&${kinds[i % 4]}`, { headers: { apikey: key.value } })
    const mainText = ({ statements }: Batch) => statements.at(-1)?.text
    await Promise.all(kinds.map((_, i) => ask(i)))
    const texts = proxy.batches.map(mainText)
    expect(new Set(texts).size).toBe(4)
    proxy.batches.length = 0
    await expectOwnRows(await Promise.all(Array.from({ length: READS }, (_, i) => ask(i))))
    for (const batch of proxy.calls.flat()) expect(texts).toContain(mainText(batch))
    expect(proxy.calls.some((call) => new Set(call.map(mainText)).size > 1)).toBe(true)
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
    'are sent by themselves where the answer to all %s, and no read gets the rows of another',
    async (_, change) => {
      const { proxy } = gateway
      proxy.answerCall = (batches) => answeredSoon(change(batches.map(ownPart)))
      await expectOwnRows(await readMany())
      const alone = requestIds(proxy.batches)
      expect(proxy.calls.length).toBeGreaterThan(0)
      for (const id of requestIds(proxy.calls.flat())) expect(alone).toContain(id)
    },
  )

  test('without an answer in the reply are sent by themselves, and the others are answered', async () => {
    const { proxy } = gateway
    const late = new Set<string>()
    proxy.answerCall = (batches) =>
      answeredSoon(
        batches.map((batch, i) => {
          if (i % 2 === 0) return ownPart(batch)
          late.add(batch.requestId)
          return { requestId: batch.requestId, status: null, row: null, bytes: 0, body: '' }
        }),
      )
    await expectOwnRows(await readMany())
    const both = requestIds(proxy.batches).filter((id) => requestIds(proxy.calls.flat()).includes(id))
    expect(both.sort()).toEqual([...late].sort())
    expect(late.size).toBeGreaterThan(0)
  })

  test('get their own errors', async () => {
    const { proxy } = gateway
    const body = JSON.stringify({ code: '42501', message: 'permission denied for table notes' })
    proxy.answerCall = (batches) =>
      answeredSoon(
        batches.map((batch) => {
          const status = [200, 400, 503][idOf(batch) % 3] ?? 0
          if (status === 200) return ownPart(batch)
          return { requestId: batch.requestId, status, row: null, bytes: Buffer.byteLength(body), body }
        }),
      )
    const replies = await readMany()
    const alone = requestIds(proxy.batches)
    expect(alone.length).toBeLessThan(READS)
    for (const [id, { status, headers }] of replies.entries()) {
      const isAlone = alone.includes(headers.get('x-request-id') ?? '')
      expect([id, status]).toEqual([id, isAlone ? 200 : [200, 401, 503][id % 3]])
    }
  })

  test('answer HEAD without a body, and a null text', async () => {
    const { proxy } = gateway
    proxy.bodyOf = () => answeredSoon('')
    proxy.answerCall = (batches) => answeredSoon(batches.map((batch) => partOf(batch, '')))
    const heads = await Promise.all(Array.from({ length: READS }, (_, id) => read(id, { method: 'HEAD' })))
    const gets = await readMany()
    for (const reply of [...heads, ...gets]) expect([reply.status, await reply.text()]).toEqual([200, ''])
    expect(proxy.calls.length).toBeGreaterThan(0)
  })

  test('of clients that leave do not disturb the others', async () => {
    const leaving = new AbortController()
    const reads = Array.from({ length: READS }, (_, id) =>
      id % 2 === 0 ? read(id, { signal: leaving.signal }).catch(() => null) : read(id),
    )
    setTimeout(() => leaving.abort(), 4)
    const replies = await Promise.all(reads)
    for (const [id, reply] of replies.entries()) {
      if (id % 2 === 1) expect([textOf(id, 'alone'), textOf(id, 'together')]).toContain(await reply?.text())
    }
  })

  test('are sent by themselves where the data proxy ends a call early', async () => {
    const { proxy } = gateway
    proxy.answerCall = () => answeredSoon(null).then(() => Promise.reject(new Error('cut')))
    await expectOwnRows(await readMany())
    expect(proxy.calls.length).toBeGreaterThan(0)
    expect(proxy.batches).toHaveLength(READS)
  })
})

test('writes are sent by themselves, however quick', async () => {
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
