import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Lane, type Read, type Verdict } from './lane.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

interface TestRead extends Read<TestRead, string> {
  name: string
}

/** A call as it was made: answered, failed or left unanswered by the test. */
interface Made {
  names: string[]
  answer(answers?: (string | null)[]): void
  fail(): void
}

/** A lane of calls of at most four reads, each made under the test's eyes. */
function openLane() {
  const lane = new Lane<TestRead, string>(4, Date.now)
  const made: Made[] = []
  const kept: Promise<unknown>[] = []
  const send = (reads: readonly TestRead[]) => {
    const { promise, resolve, reject } = Promise.withResolvers<(string | null)[]>()
    const names = reads.map(({ name }) => name)
    const answer = (answers: (string | null)[] = names.map(answerTo)) => resolve(answers)
    made.push({ names, answer, fail: () => reject(new Error('no route')) })
    return promise
  }
  const join = (name: string) => lane.join({ name, send, waitUntil: (work) => void kept.push(work) })
  return { join, made, kept }
}

/** Six reads that go by themselves are under way, and these come meanwhile. `endOne` ends one of the six. */
async function openBusyLane(names: string[]) {
  const lane = openLane()
  const first = await Promise.all(['1', '2', '3', '4', '5', '6'].map(lane.join))
  expect(first.map(({ kind }) => kind)).toEqual(Array.from({ length: 6 }, () => 'alone'))
  const reads = names.map(lane.join)
  await settled()
  expect(lane.made).toEqual([])
  const endOne = async () => {
    const verdict = first.pop()
    if (verdict?.kind === 'alone') verdict.end()
    await settled()
  }
  return { ...lane, reads, endOne }
}

const answerTo = (name: string) => `rows of ${name}`
const answered = (name: string): Verdict<string> => ({ kind: 'answered', answer: answerTo(name) })
const settled = () => vi.advanceTimersByTimeAsync(0)

describe('quick reads of one database', () => {
  test('go by themselves while few are under way', async () => {
    const { join, made } = openLane()
    for (let i = 0; i < 100; i++) {
      const verdict = await join(`read ${i}`)
      expect(verdict.kind).toBe('alone')
      if (verdict.kind === 'alone') verdict.end()
    }
    expect(made).toEqual([])
  })

  test('that come meanwhile go together in the next call, each answered with its own', async () => {
    const { reads, made, endOne, kept } = await openBusyLane(['a', 'b', 'c'])
    await endOne()
    expect(made.map(({ names }) => names)).toEqual([['a', 'b', 'c']])
    expect(kept).toHaveLength(1)
    made[0]?.answer()
    expect(await Promise.all(reads)).toEqual(['a', 'b', 'c'].map(answered))
    await expect(kept[0]).resolves.toBe('rows of a')
  })

  test('go in no greater company than a call takes', async () => {
    const { reads, made, endOne } = await openBusyLane(['a', 'b', 'c', 'd', 'e', 'f'])
    await endOne()
    expect(made.map(({ names }) => names)).toEqual([['a', 'b', 'c']])
    // Eight are under way now, and not before fewer than six are does the next call begin.
    await endOne()
    await endOne()
    expect(made).toHaveLength(1)
    await endOne()
    expect(made[1]?.names).toEqual(['d', 'e', 'f'])
    for (const call of made) call.answer()
    expect(await Promise.all(reads)).toEqual(['a', 'b', 'c', 'd', 'e', 'f'].map(answered))
  })

  test('begin when a call that others shared has ended', async () => {
    const { reads, made, endOne } = await openBusyLane(['a', 'b', 'c', 'd', 'e', 'f'])
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

  test('do not wait long for what takes its time', async () => {
    const { reads, made, join } = await openBusyLane(['a', 'b'])
    await vi.advanceTimersByTimeAsync(4)
    expect(made).toHaveLength(0)
    await vi.advanceTimersByTimeAsync(1)
    expect(made[0]?.names).toEqual(['a', 'b'])
    expect((await join('c')).kind).toBe('alone')
    made[0]?.answer()
    expect(await Promise.all(reads)).toEqual(['a', 'b'].map(answered))
  })

  test('do not wait longer for being many', async () => {
    const { reads, made } = await openBusyLane(['a', 'b', 'c', 'd', 'e', 'f', 'g'])
    await vi.advanceTimersByTimeAsync(5)
    expect(made.map(({ names }) => names)).toEqual([
      ['a', 'b', 'c'],
      ['d', 'e', 'f'],
    ])
    expect((await reads.at(-1))?.kind).toBe('alone')
  })

  test('do not wait long behind one whose request has ended', async () => {
    const { reads, made, join } = await openBusyLane(['gone'])
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
  ])('are told to go by themselves when their call %s, and the next is made', async (_, end) => {
    const { reads, made, endOne, join } = await openBusyLane(['a', 'b'])
    await endOne()
    expect(made[0]?.names).toEqual(['a', 'b'])
    end(made[0])
    await vi.advanceTimersByTimeAsync(1_020)
    expect(await Promise.all(reads)).toEqual([{ kind: 'unanswered' }, { kind: 'unanswered' }])
    expect((await join('c')).kind).toBe('alone')
  })

  test('that take long or bring much are told so, and the others have their answers', async () => {
    const { reads, made, endOne } = await openBusyLane(['a', 'b', 'c'])
    await endOne()
    made[0]?.answer([null, 'rows of b', null])
    expect(await Promise.all(reads)).toEqual([{ kind: 'unanswered' }, answered('b'), { kind: 'unanswered' }])
  })

  test('wait for no call of a request that has ended', async () => {
    const { reads, made, endOne } = await openBusyLane(['a', 'b', 'c'])
    await endOne()
    expect(made[0]?.names).toEqual(['a', 'b', 'c'])
    const start = Date.now()
    const times = reads.map((read) => read.then(() => Date.now() - start))
    await vi.advanceTimersByTimeAsync(3_000)
    for (const ms of await Promise.all(times)) expect(ms).toBeLessThanOrEqual(1_020)
  })
})

/** What becomes of the calls, in the order that they are made. */
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

test('whenever reads come and whatever becomes of calls, each has its own answer or goes by itself, soon', async () => {
  const gap = fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(20) })
  const arrivals = fc.array(gap, { minLength: 1, maxLength: 80 })
  let shared = 0
  await fc.assert(
    fc.asyncProperty(arrivals, fates, fc.nat(10), async (gaps, ends, aloneMs) => {
      const lane = new Lane<TestRead, string>(4, Date.now)
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
      const verdicts = new Map<string, { verdict: Verdict<string>; ms: number }>()
      for (const [i, gap] of gaps.entries()) {
        await vi.advanceTimersByTimeAsync(gap)
        const name = `read ${i}`
        const start = Date.now()
        starts.set(name, start)
        void lane.join({ name, send, waitUntil: () => {} }).then((verdict) => {
          verdicts.set(name, { verdict, ms: Date.now() - start })
          if (verdict.kind === 'alone') setTimeout(verdict.end, aloneMs)
        })
      }
      await vi.advanceTimersByTimeAsync(3_000)
      expect(verdicts.size).toBe(gaps.length)
      expect(Math.max(0, ...waits)).toBeLessThanOrEqual(5)
      const inCalls = calls.flat()
      expect(new Set(inCalls).size).toBe(inCalls.length)
      for (const call of calls) expect([2, 3, 4]).toContain(call.length)
      for (const [name, { verdict, ms }] of verdicts) {
        expect(ms).toBeLessThanOrEqual(verdict.kind === 'alone' ? 5 : 1_020)
        if (known.has(name)) expect(verdict).toEqual(answered(name))
        else expect(verdict.kind).toBe(inCalls.includes(name) ? 'unanswered' : 'alone')
      }
      shared += calls.length
    }),
    { numRuns: 200 },
  )
  expect(shared).toBeGreaterThan(0)
})
