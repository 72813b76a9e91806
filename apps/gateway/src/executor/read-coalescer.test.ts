/** The read coalescer, with calls that the tests answer. */
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Outcome, type Read, ReadCoalescer } from './read-coalescer.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

interface TestRead extends Read<TestRead, string> {
  name: string
}

/** A call that was made. The test answers it, lets it fail, or leaves it unanswered. */
interface Made {
  names: string[]
  answer(answers?: (string | null)[]): void
  fail(): void
}

/** A coalescer of at most four reads in a call, and the calls that it makes, which the test answers. */
function openCoalescer() {
  const coalescer = new ReadCoalescer<TestRead, string>(4, Date.now)
  const made: Made[] = []
  const kept: Promise<unknown>[] = []
  const send = (reads: readonly TestRead[]) => {
    const { promise, resolve, reject } = Promise.withResolvers<(string | null)[]>()
    const names = reads.map(({ name }) => name)
    const answer = (answers: (string | null)[] = names.map(answerTo)) => resolve(answers)
    made.push({ names, answer, fail: () => reject(new Error('no route')) })
    return promise
  }
  const join = (name: string) => coalescer.join({ name, send, waitUntil: (work) => void kept.push(work) })
  return { join, made, kept }
}

/** Six reads that are sent by themselves are pending, and these arrive meanwhile. `endOne` ends one of the six. */
async function openBusyCoalescer(names: string[]) {
  const coalescer = openCoalescer()
  const first = await Promise.all(['1', '2', '3', '4', '5', '6'].map(coalescer.join))
  expect(first.map(({ kind }) => kind)).toEqual(Array.from({ length: 6 }, () => 'solo'))
  const reads = names.map(coalescer.join)
  await settled()
  expect(coalescer.made).toEqual([])
  const endOne = async () => {
    const outcome = first.pop()
    if (outcome?.kind === 'solo') outcome.end()
    await settled()
  }
  return { ...coalescer, reads, endOne }
}

const answerTo = (name: string) => `rows of ${name}`
const answered = (name: string): Outcome<string> => ({ kind: 'answered', answer: answerTo(name) })
const settled = () => vi.advanceTimersByTimeAsync(0)

describe('the read coalescer', () => {
  test('sends reads by themselves while few are pending', async () => {
    const { join, made } = openCoalescer()
    for (let i = 0; i < 100; i++) {
      const outcome = await join(`read ${i}`)
      expect(outcome.kind).toBe('solo')
      if (outcome.kind === 'solo') outcome.end()
    }
    expect(made).toEqual([])
  })

  test('sends reads that arrive meanwhile in one call, and gives each its own answer', async () => {
    const { reads, made, endOne, kept } = await openBusyCoalescer(['a', 'b', 'c'])
    await endOne()
    expect(made.map(({ names }) => names)).toEqual([['a', 'b', 'c']])
    expect(kept).toHaveLength(1)
    made[0]?.answer()
    expect(await Promise.all(reads)).toEqual(['a', 'b', 'c'].map(answered))
    await expect(kept[0]).resolves.toBe('rows of a')
  })

  test('sends no more reads in a call than fit in one', async () => {
    const { reads, made, endOne } = await openBusyCoalescer(['a', 'b', 'c', 'd', 'e', 'f'])
    await endOne()
    expect(made.map(({ names }) => names)).toEqual([['a', 'b', 'c']])
    // Eight are pending now. The next call begins once fewer than six are.
    await endOne()
    await endOne()
    expect(made).toHaveLength(1)
    await endOne()
    expect(made[1]?.names).toEqual(['d', 'e', 'f'])
    for (const call of made) call.answer()
    expect(await Promise.all(reads)).toEqual(['a', 'b', 'c', 'd', 'e', 'f'].map(answered))
  })

  test('makes the next call when a shared one has ended', async () => {
    const { reads, made, endOne } = await openBusyCoalescer(['a', 'b', 'c', 'd', 'e', 'f'])
    await endOne()
    made[0]?.answer()
    await settled()
    expect(made.map(({ names }) => names)).toEqual([
      ['a', 'b', 'c'],
      ['d', 'e', 'f'],
    ])
    made[1]?.answer()
    expect(await Promise.all(reads)).toEqual(['a', 'b', 'c', 'd', 'e', 'f'].map(answered))
  })

  test('makes reads wait 5 ms at most for slow ones', async () => {
    const { reads, made, join } = await openBusyCoalescer(['a', 'b'])
    await vi.advanceTimersByTimeAsync(4)
    expect(made).toHaveLength(0)
    await vi.advanceTimersByTimeAsync(1)
    expect(made[0]?.names).toEqual(['a', 'b'])
    expect((await join('c')).kind).toBe('solo')
    made[0]?.answer()
    expect(await Promise.all(reads)).toEqual(['a', 'b'].map(answered))
  })

  test('makes many waiting reads wait no longer than one', async () => {
    const { reads, made } = await openBusyCoalescer(['a', 'b', 'c', 'd', 'e', 'f', 'g'])
    await vi.advanceTimersByTimeAsync(5)
    expect(made.map(({ names }) => names)).toEqual([
      ['a', 'b', 'c'],
      ['d', 'e', 'f'],
    ])
    expect((await reads.at(-1))?.kind).toBe('solo')
  })

  test('makes reads wait 20 ms at most behind one whose request has ended', async () => {
    const { reads, made, join } = await openBusyCoalescer(['gone'])
    vi.clearAllTimers()
    const behind = join('b')
    await vi.advanceTimersByTimeAsync(20)
    expect(made[0]?.names).toEqual(['b', 'gone'])
    made[0]?.answer()
    expect(await Promise.all([behind, ...reads])).toEqual(['b', 'gone'].map(answered))
  })

  test.each<[string, (call?: Made) => void]>([
    ['fails', (call) => call?.fail()],
    ['is never answered', () => {}],
    ['is answered with nothing', (call) => call?.answer([])],
  ])('gives no answer when a call %s, and makes the next call', async (_, end) => {
    const { reads, made, endOne, join } = await openBusyCoalescer(['a', 'b'])
    await endOne()
    expect(made[0]?.names).toEqual(['a', 'b'])
    end(made[0])
    await vi.advanceTimersByTimeAsync(1_020)
    expect(await Promise.all(reads)).toEqual([{ kind: 'unanswered' }, { kind: 'unanswered' }])
    expect((await join('c')).kind).toBe('solo')
  })

  test('gives no answer to a read without one in the reply, and the others theirs', async () => {
    const { reads, made, endOne } = await openBusyCoalescer(['a', 'b', 'c'])
    await endOne()
    made[0]?.answer([null, 'rows of b', null])
    expect(await Promise.all(reads)).toEqual([{ kind: 'unanswered' }, answered('b'), { kind: 'unanswered' }])
  })

  test('abandons a call whose request has ended', async () => {
    const { reads, made, endOne } = await openBusyCoalescer(['a', 'b', 'c'])
    await endOne()
    expect(made[0]?.names).toEqual(['a', 'b', 'c'])
    const start = Date.now()
    const times = reads.map((read) => read.then(() => Date.now() - start))
    await vi.advanceTimersByTimeAsync(3_000)
    for (const ms of await Promise.all(times)) expect(ms).toBeLessThanOrEqual(1_020)
  })
})

/** How the calls end, in the order in which they are made. */
type Fate = { kind: 'answered' | 'failed'; afterMs: number; without: number } | { kind: 'lost' }

const fates = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: answeredOrFailed() },
    { weight: 1, arbitrary: fc.constant<Fate>({ kind: 'lost' }) },
  ),
  { minLength: 1, maxLength: 20 },
)

function answeredOrFailed(): fc.Arbitrary<Fate> {
  return fc.record({
    kind: fc.constantFrom('answered', 'answered', 'failed'),
    afterMs: fc.nat(30),
    without: fc.nat(8),
  })
}

test('each read gets its own answer or is sent by itself soon, however calls end', async () => {
  const gap = fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(20) })
  const arrivals = fc.array(gap, { minLength: 1, maxLength: 80 })
  let shared = 0
  await fc.assert(
    fc.asyncProperty(arrivals, fates, fc.nat(10), async (gaps, ends, soloMs) => {
      const coalescer = new ReadCoalescer<TestRead, string>(4, Date.now)
      const calls: string[][] = []
      const known = new Set<string>()
      const starts = new Map<string, number>()
      const waits: number[] = []
      const send = (reads: readonly TestRead[]) => {
        const fate = ends[calls.length % ends.length] ?? { kind: 'lost' }
        calls.push(reads.map(({ name }) => name))
        for (const { name } of reads) waits.push(Date.now() - (starts.get(name) ?? 0))
        return new Promise<(string | null)[]>((resolve, reject) => {
          if (fate.kind === 'lost') return
          const answers = reads.map(({ name }, i) => (i === fate.without ? null : answerTo(name)))
          setTimeout(() => {
            if (fate.kind === 'failed') return reject(new Error('lost'))
            for (const [i, { name }] of reads.entries()) if (i !== fate.without) known.add(name)
            resolve(answers)
          }, fate.afterMs)
        })
      }
      const outcomes = new Map<string, { outcome: Outcome<string>; ms: number }>()
      for (const [i, gap] of gaps.entries()) {
        await vi.advanceTimersByTimeAsync(gap)
        const name = `read ${i}`
        const start = Date.now()
        starts.set(name, start)
        void coalescer.join({ name, send, waitUntil: () => {} }).then((outcome) => {
          outcomes.set(name, { outcome, ms: Date.now() - start })
          if (outcome.kind === 'solo') setTimeout(outcome.end, soloMs)
        })
      }
      await vi.advanceTimersByTimeAsync(3_000)
      expect(outcomes.size).toBe(gaps.length)
      expect(Math.max(0, ...waits)).toBeLessThanOrEqual(5)
      const inCalls = calls.flat()
      expect(new Set(inCalls).size).toBe(inCalls.length)
      for (const call of calls) expect([2, 3, 4]).toContain(call.length)
      for (const [name, { outcome, ms }] of outcomes) {
        expect(ms).toBeLessThanOrEqual(outcome.kind === 'solo' ? 5 : 1_020)
        if (known.has(name)) expect(outcome).toEqual(answered(name))
        else expect(outcome.kind).toBe(inCalls.includes(name) ? 'unanswered' : 'solo')
      }
      shared += calls.length
    }),
    { numRuns: 200 },
  )
  expect(shared).toBeGreaterThan(0)
})
