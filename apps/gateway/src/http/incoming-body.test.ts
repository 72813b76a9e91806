/** The pace of a body: a whole, a grace and a least rate. */
import { expect, test } from 'vitest'
import { BodyFault, dueAfterMs, readChunks, readText } from './incoming-body.ts'

const PACE = { totalMs: 30_000, graceMs: 5_000, leastRate: 1024 }

test.each([
  ['nothing has come', 0, 5_000],
  ['one byte a second comes', 5, 5_000 + (5 / 1024) * 1000],
  ['the least rate is kept', 10 * 1024, 15_000],
  ['much has come', 1024 * 1024, 30_000],
])('when %s, a body is due', (_, bytes, ms) => {
  expect(dueAfterMs(bytes, PACE)).toBeCloseTo(ms, 6)
})

const FAST = { totalMs: 200, graceMs: 50, leastRate: 1024 }
const post = (body: BodyInit) => {
  return new Request('http://a.example/', { method: 'POST', body, duplex: 'half' } as RequestInit)
}
const bodyOf = (request: Request) => request.body as ReadableStream<Uint8Array>

test('readChunks gives chunks in order', async () => {
  const chunks: string[] = []
  await readChunks(bodyOf(post('abc')), FAST, (chunk) => {
    chunks.push(new TextDecoder().decode(chunk))
  })
  expect(chunks.join('')).toBe('abc')
})

test('a body that stops arriving is late, and is read no further', async () => {
  let cancelled = false
  const silent = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new Uint8Array(3)),
    cancel: () => {
      cancelled = true
    },
  })
  await expect(readChunks(silent, FAST, () => {})).rejects.toMatchObject({ kind: 'late' })
  expect(cancelled).toBe(true)
})

test('a body that fails is broken', async () => {
  const failing = new ReadableStream<Uint8Array>({ start: (controller) => controller.error(new Error('x')) })
  await expect(readChunks(failing, FAST, () => {})).rejects.toBeInstanceOf(BodyFault)
})

test('a text that is too long is null, with and without a known length', async () => {
  const rules = { maxBytes: 4, pace: FAST, count: () => true }
  expect(await readText(post('abcd'), rules)).toBe('abcd')
  expect(await readText(post('abcde'), rules)).toBeNull()
  const declared = new Request('http://a.example/', {
    method: 'POST',
    body: 'abcde',
    headers: { 'content-length': '5' },
  })
  expect(await readText(declared, rules)).toBeNull()
  expect(await readText(post('abcd'), { ...rules, count: () => false })).toBeNull()
})

test('a body that is ended later is late', async () => {
  let end = () => {}
  const silent = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new Uint8Array(3)),
  })
  const pace = { totalMs: 3_600_000, graceMs: 3_600_000, leastRate: 1 }
  const read = readChunks(silent, pace, (_, endIt) => {
    end = endIt
  })
  setTimeout(() => end(), 10)
  await expect(read).rejects.toMatchObject({ kind: 'late' })
})
