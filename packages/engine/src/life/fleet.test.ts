import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decide, type Fleet, type FleetLimits, type Resident } from './fleet.ts'

const LIMITS: FleetLimits = { maxRunning: 3, quietMs: 1_000, waitMs: 15_000, stopsAtOnce: 2 }
const NOW = 1_000_000

const running = (idleMs: number, suspendAfterMs = 300_000): Resident => ({
  phase: 'running',
  lastUsedAt: NOW - idleMs,
  suspendAfterMs,
})
const fleet = (residents: Record<string, Resident>, waiting: Fleet['waiting'] = []): Fleet => ({
  residents: new Map(Object.entries(residents)),
  waiting,
})
const stopped = (state: Fleet) => decide(state, LIMITS, NOW).stop.map(({ id }) => id)

describe('while there is room', () => {
  test('what was idle for its time is stopped, and nothing else', () => {
    const state = fleet({ idle: running(300_000), used: running(299_999), never: running(1e9, Infinity) })
    expect(decide(state, LIMITS, NOW)).toEqual({
      admit: [],
      refuse: [],
      stop: [{ id: 'idle', idleMs: 300_000 }],
      nextAt: NOW + 1,
    })
  })

  test('whoever waits is let in, in the order they came', () => {
    const waiting = ['b', 'c'].map((id) => ({ id, since: NOW }))
    expect(decide(fleet({ a: running(0) }, waiting), LIMITS, NOW)).toMatchObject({
      admit: ['b', 'c'],
      stop: [],
    })
  })

  test('a crowd that grew tired together goes to sleep a few at a time', () => {
    const state = fleet({ a: running(400_000), b: running(500_000), c: running(600_000) })
    expect(stopped(state)).toEqual(['c', 'b'])
  })
})

describe('at the limit', () => {
  const full = { a: running(5_000), b: running(9_000), c: running(2_000) }

  test('the longest idle makes room, one for each who waits', () => {
    const one = [{ id: 'd', since: NOW }]
    expect(stopped(fleet(full, one))).toEqual(['b'])
    expect(stopped(fleet(full, [...one, { id: 'e', since: NOW }]))).toEqual(['b', 'a'])
  })

  test('a stop that is under way makes room for one; no second is stopped for the same', () => {
    const state = fleet({ ...full, b: { ...full.b, phase: 'stopping' } }, [{ id: 'd', since: NOW }])
    expect(stopped(state)).toEqual([])
  })

  test('one that is to run always goes last, but goes', () => {
    const always = running(1e9, Infinity)
    const waiting = [{ id: 'd', since: NOW }]
    expect(stopped(fleet({ ...full, b: always }, waiting))).toEqual(['a'])
    expect(stopped(fleet({ a: running(0), b: always, c: running(0) }, waiting))).toEqual(['b'])
  })

  test('where none is idle, one waits until one is, and no longer than its time', () => {
    const busy = { a: running(0), b: running(400), c: running(100) }
    const state = (since: number) => fleet(busy, [{ id: 'd', since }])
    expect(decide(state(NOW), LIMITS, NOW)).toMatchObject({ stop: [], refuse: [], nextAt: NOW + 600 })
    expect(decide(state(NOW - 15_000), LIMITS, NOW)).toMatchObject({ stop: [], refuse: ['d'] })
  })

  test('servers that survived a crash beyond the limit are stopped down to it', () => {
    expect(stopped(fleet({ ...full, d: running(7_000), e: running(0) }))).toEqual(['b', 'd'])
  })
})

/** A run of the whole state machine: what a keeper does, with time and events made up. */
describe('whatever happens', () => {
  type Event =
    | { kind: 'wait'; id: string }
    | { kind: 'use' | 'started' | 'died'; id: string }
    | { kind: 'stopEnds'; id: string; asleep: boolean }
    | { kind: 'time'; ms: number }

  const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
  const anId = fc.constantFrom(...ids)
  const event: fc.Arbitrary<Event> = fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait' as const), id: anId }) },
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constantFrom('use', 'started', 'died' as const), id: anId }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant('stopEnds' as const), id: anId, asleep: fc.boolean() }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('time' as const), ms: fc.nat(20_000) }) },
  )

  class Model {
    now = NOW
    readonly residents = new Map<string, Resident>()
    waiting: { id: string; since: number }[] = []
    outcomes = new Map<string, number>()

    apply(happened: Event): void {
      if (happened.kind === 'time') this.now += happened.ms
      else {
        const resident = this.residents.get(happened.id)
        const waits = this.waiting.some(({ id }) => id === happened.id)
        if (happened.kind === 'wait' && !resident && !waits)
          this.waiting.push({ id: happened.id, since: this.now })
        if (happened.kind === 'use' && resident) resident.lastUsedAt = this.now
        if (happened.kind === 'died' && resident?.phase === 'running') this.residents.delete(happened.id)
        if (happened.kind === 'started' && resident?.phase === 'starting') resident.phase = 'running'
        if (happened.kind === 'stopEnds' && resident?.phase === 'stopping') {
          if (happened.asleep) this.residents.delete(happened.id)
          else Object.assign(resident, { phase: 'running', lastUsedAt: this.now })
        }
      }
      this.settle()
    }

    settle(): void {
      const before = new Map([...this.residents].map(([id, each]) => [id, { ...each }]))
      const { admit, refuse, stop, nextAt } = decide(this, LIMITS, this.now)
      expect(nextAt).toBeGreaterThan(this.now)
      const idle = [...before].filter(
        ([, each]) => each.phase === 'running' && this.now - each.lastUsedAt >= LIMITS.quietMs,
      )
      for (const { id } of stop) {
        // Only what runs and is idle, and none that was idle for longer stays while a shorter one makes room.
        expect(idle.map(([each]) => each)).toContain(id)
        this.residents.set(id, { ...(before.get(id) as Resident), phase: 'stopping' })
      }
      // In order: nobody is let in before whoever came earlier.
      expect(admit).toEqual(this.waiting.slice(0, admit.length).map(({ id }) => id))
      for (const id of refuse) {
        expect(this.now - (this.waiting.find((each) => each.id === id)?.since ?? 0)).toBeGreaterThanOrEqual(
          LIMITS.waitMs,
        )
      }
      this.waiting = this.waiting.filter(({ id }) => !admit.includes(id) && !refuse.includes(id))
      for (const id of admit)
        this.residents.set(id, { phase: 'starting', lastUsedAt: this.now, suspendAfterMs: 60_000 })
      expect(this.residents.size).toBeLessThanOrEqual(LIMITS.maxRunning)
      // Nobody waits beside a free place, and nobody beyond their time.
      if (this.waiting.length > 0) expect(this.residents.size).toBe(LIMITS.maxRunning)
      for (const { since } of this.waiting) expect(this.now - since).toBeLessThan(LIMITS.waitMs)
      // Whoever waits has a stop under way for them, or nobody is idle.
      const stopping = [...this.residents.values()].filter(({ phase }) => phase === 'stopping').length
      const stillIdle = [...this.residents.values()].filter(
        (each) => each.phase === 'running' && this.now - each.lastUsedAt >= LIMITS.quietMs,
      )
      if (stopping < this.waiting.length) expect(stillIdle).toEqual([])
    }
  }

  test('no more run than may, nobody waits in vain, and what is in use is left alone', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const model = new Model()
        for (const each of events) model.apply(each)
      }),
      { numRuns: 2_000 },
    )
  })
})
