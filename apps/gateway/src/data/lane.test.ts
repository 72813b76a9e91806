import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Lane, type Read } from './lane.ts'

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

const answerTo = (name: string) => `rows of ${name}`
const settled = () => vi.advanceTimersByTimeAsync(0)

describe('quick reads of one database', () => {
  test('go at once while few are under way', async () => {
    const { join, made } = openLane()
    const reads = [join('a'), join('b')]
    expect(made.map(({ names }) => names)).toEqual([['a'], ['b']])
    for (const call of made) call.answer()
    expect(await Promise.all(reads)).toEqual(['rows of a', 'rows of b'])
  })

  test('that come meanwhile go together in the next call, each answered with its own', async () => {
    const { join, made } = openLane()
    const reads = ['a', 'b', 'c', 'd', 'e'].map(join)
    made[0]?.answer()
    await settled()
    expect(made.map(({ names }) => names)).toEqual([['a'], ['b'], ['c', 'd', 'e']])
    for (const call of made) call.answer()
    expect(await Promise.all(reads)).toEqual(['a', 'b', 'c', 'd', 'e'].map(answerTo))
  })

  test('go in no greater company than a call takes', async () => {
    const { join, made } = openLane()
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
    const reads = names.map(join)
    made[0]?.answer()
    await settled()
    expect(made.at(-1)?.names).toEqual(['c', 'd', 'e', 'f'])
    for (let i = 1; i < 4; i++) {
      made[i]?.answer()
      await settled()
    }
    expect(await Promise.all(reads)).toEqual(names.map(answerTo))
  })

  test('do not wait long for calls that take their time', async () => {
    const { join, made } = openLane()
    const reads = ['a', 'b', 'c', 'd'].map(join)
    await vi.advanceTimersByTimeAsync(4)
    expect(made).toHaveLength(2)
    await vi.advanceTimersByTimeAsync(1)
    expect(made[2]?.names).toEqual(['c', 'd'])
    void join('e')
    expect(made[3]?.names).toEqual(['e'])
    for (const call of made) call.answer()
    expect(await Promise.all(reads)).toEqual(['a', 'b', 'c', 'd'].map(answerTo))
  })

  test.each<[string, (call?: Made) => void]>([
    ['fails', (call) => call?.fail()],
    ['is never answered', () => {}],
    ['is answered with nothing', (call) => call?.answer([])],
  ])('are told to go by themselves when their call %s, and the next is made', async (_, end) => {
    const { join, made } = openLane()
    const first = [join('a'), join('b')]
    const reads = ['c', 'd'].map(join)
    made[0]?.answer()
    await settled()
    made[1]?.answer()
    await settled()
    expect(made[2]?.names).toEqual(['c', 'd'])
    end(made[2])
    await vi.advanceTimersByTimeAsync(1_010)
    expect(await Promise.all(reads)).toEqual([null, null])
    expect(await Promise.all(first)).toEqual(['rows of a', 'rows of b'])
    const next = join('e')
    made.at(-1)?.answer()
    expect(await next).toBe('rows of e')
  })

  test('that take long or bring much are told so, and the others have their answers', async () => {
    const { join, made } = openLane()
    const reads = ['a', 'b', 'c', 'd'].map(join)
    made[0]?.answer()
    await settled()
    made[1]?.answer()
    await settled()
    made[2]?.answer([null, 'rows of d'])
    expect(await Promise.all(reads)).toEqual(['rows of a', 'rows of b', null, 'rows of d'])
  })

  test('of a request that ended go by themselves after a while', async () => {
    const { join, made } = openLane()
    const reads = ['a', 'b', 'c', 'd'].map(join)
    const times = new Map<string, number>()
    for (const [i, read] of reads.entries()) void read.then(() => times.set('abcd'[i] ?? '', Date.now()))
    const start = Date.now()
    made[0]?.answer()
    await vi.advanceTimersByTimeAsync(2_000)
    expect((times.get('d') ?? 0) - start).toBeLessThanOrEqual(1_010)
  })

  test('keep the request that made their call alive until it is answered', async () => {
    const { join, made, kept } = openLane()
    const read = join('a')
    expect(kept).toHaveLength(1)
    made[0]?.answer()
    await read
    await expect(kept[0]).resolves.toBe('rows of a')
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
  const arrivals = fc.array(fc.nat(20), { minLength: 1, maxLength: 60 })
  await fc.assert(
    fc.asyncProperty(arrivals, fates, async (gaps, ends) => {
      const lane = new Lane<TestRead, string>(4, Date.now)
      const calls: string[][] = []
      const answered = new Set<string>()
      const send = (reads: readonly TestRead[]) => {
        const fate = ends[calls.length % ends.length] ?? { kind: 'lost' }
        calls.push(reads.map(({ name }) => name))
        return new Promise<(string | null)[]>((resolve, reject) => {
          if (fate.kind === 'lost') return
          const answers = reads.map(({ name }, i) => (i === fate.without ? null : answerTo(name)))
          setTimeout(() => {
            if (fate.kind === 'failed') return reject(new Error('lost'))
            for (const [i, { name }] of reads.entries()) if (i !== fate.without) answered.add(name)
            resolve(answers)
          }, fate.afterMs)
        })
      }
      const answers: { name: string; answer: string | null; ms: number }[] = []
      for (const [i, gap] of gaps.entries()) {
        await vi.advanceTimersByTimeAsync(gap)
        const name = `read ${i}`
        const start = Date.now()
        void lane
          .join({ name, send, waitUntil: () => {} })
          .then((answer) => answers.push({ name, answer, ms: Date.now() - start }))
      }
      await vi.advanceTimersByTimeAsync(3_000)
      expect(answers).toHaveLength(gaps.length)
      expect(calls.flat().sort()).toEqual(gaps.map((_, i) => `read ${i}`).sort())
      for (const call of calls) expect(call.length).toBeLessThanOrEqual(4)
      for (const { name, answer, ms } of answers) {
        expect(answer).toBe(answered.has(name) ? answerTo(name) : null)
        expect(ms).toBeLessThanOrEqual(1_010)
      }
    }),
    { numRuns: 150 },
  )
})
