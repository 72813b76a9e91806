/** Which databases may run and which have to stop. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decide,
  type SchedulingLimits,
  type SchedulingState,
  type ServerState,
  type Share,
  type Waiting,
} from './policy.ts'

const LIMITS: SchedulingLimits = { maxRunning: 3, quietMs: 1_000, waitMs: 15_000, stopsAtOnce: 2 }
const NOW = 1_000_000

const running = (idleMs: number, suspendAfterMs = 300_000, shares: readonly Share[] = []): ServerState => ({
  phase: 'running',
  lastUsedAt: NOW - idleMs,
  startDueAt: Number.POSITIVE_INFINITY,
  suspendAfterMs,
  shares,
})
const waits = (id: string, { since = NOW, shares = [] as readonly Share[] } = {}) => ({ id, since, shares })
const stateOf = (
  servers: Record<string, ServerState>,
  waiting: SchedulingState['waiting'] = [],
): SchedulingState => ({
  servers: new Map(Object.entries(servers)),
  waiting,
})
const stopped = (state: SchedulingState) => decide(state, LIMITS, NOW).stop.map(({ id }) => id)

describe('while there is room', () => {
  test('stops a database that was idle for its time, and no other', () => {
    const state = stateOf({ idle: running(300_000), used: running(299_999), never: running(1e9, Infinity) })
    expect(decide(state, LIMITS, NOW)).toEqual({
      admit: [],
      refuse: [],
      stop: [{ id: 'idle', idleMs: 300_000, forPlace: false, isShared: false }],
      giveUp: [],
      nextAt: NOW + 1,
    })
  })

  test('lets waiting databases in, in the order they came', () => {
    const waiting = ['b', 'c'].map((id) => waits(id))
    expect(decide(stateOf({ a: running(0) }, waiting), LIMITS, NOW)).toMatchObject({
      admit: ['b', 'c'],
      stop: [],
    })
  })

  test('databases that become idle together are put to sleep a few at a time', () => {
    const state = stateOf({ a: running(400_000), b: running(500_000), c: running(600_000) })
    expect(stopped(state)).toEqual(['c', 'b'])
  })
})

describe('at the limit', () => {
  const full = { a: running(5_000), b: running(9_000), c: running(2_000) }

  test('the longest idle makes room, one for each who waits', () => {
    const one = [waits('d')]
    expect(stopped(stateOf(full, one))).toEqual(['b'])
    expect(stopped(stateOf(full, [...one, waits('e')]))).toEqual(['b', 'a'])
  })

  test('a stop that is under way makes room for one; no second is stopped for the same', () => {
    const state = stateOf({ ...full, b: { ...full.b, phase: 'stopping' } }, [waits('d')])
    expect(stopped(state)).toEqual([])
  })

  test('one that is to run always goes last, but goes', () => {
    const always = running(1e9, Infinity)
    const waiting = [waits('d')]
    expect(stopped(stateOf({ ...full, b: always }, waiting))).toEqual(['a'])
    expect(stopped(stateOf({ a: running(0), b: always, c: running(0) }, waiting))).toEqual(['b'])
  })

  test('where no database is idle, a start waits until one is, and no longer than its time', () => {
    const busy = { a: running(0), b: running(400), c: running(100) }
    const waitingSince = (since: number) => stateOf(busy, [waits('d', { since })])
    expect(decide(waitingSince(NOW), LIMITS, NOW)).toMatchObject({ stop: [], refuse: [], nextAt: NOW + 600 })
    expect(decide(waitingSince(NOW - 15_000), LIMITS, NOW)).toMatchObject({ stop: [], refuse: ['d'] })
  })

  test('servers that survived a crash beyond the limit are stopped down to it', () => {
    expect(stopped(stateOf({ ...full, d: running(7_000), e: running(0) }))).toEqual(['b', 'd'])
  })
})

describe('a start', () => {
  const starts = (leftMs: number, shares: readonly Share[] = []): ServerState => ({
    ...running(0, Number.POSITIVE_INFINITY, shares),
    phase: 'starting',
    startDueAt: NOW + leftMs,
  })
  const busy = { a: running(0), b: running(0) }
  const one = [waits('d')]

  test('that takes longer than it may is given up where another waits, and the latest first', () => {
    expect(decide(stateOf({ ...busy, c: starts(0) }, one), LIMITS, NOW)).toMatchObject({
      giveUp: ['c'],
      stop: [],
    })
    const state = stateOf({ a: running(0), b: starts(-5_000), c: starts(-1_000) }, one)
    expect(decide(state, LIMITS, NOW).giveUp).toEqual(['b'])
  })

  test('goes on while its time is not over, no database waits, or another is idle', () => {
    const until = (leftMs: number) => stateOf({ ...busy, c: starts(leftMs) }, one)
    expect(decide(until(500), LIMITS, NOW)).toMatchObject({ giveUp: [], nextAt: NOW + 500 })
    expect(decide(stateOf({ ...busy, c: starts(-5_000) }), LIMITS, NOW).giveUp).toEqual([])
    const idle = stateOf({ a: running(5_000), b: running(0), c: starts(-5_000) }, one)
    expect(decide(idle, LIMITS, NOW)).toMatchObject({ giveUp: [], stop: [{ id: 'a' }] })
  })

  test('makes room for those of its own share', () => {
    const few: Share = { name: 'few', most: 1 }
    const state = stateOf({ a: starts(-5_000), b: starts(-1_000, [few]) }, [waits('d', { shares: [few] })])
    expect(decide(state, LIMITS, NOW).giveUp).toEqual(['b'])
  })
})

describe('a share', () => {
  const few: Share = { name: 'few', most: 1 }
  const some: Share = { name: 'some', most: 2 }

  test('that is full makes its own wait, for the longest idle of its own, and lets others pass', () => {
    const state = stateOf({ a: running(5_000), b: running(3_000, 300_000, [few, some]) }, [
      waits('c', { shares: [few, some] }),
      waits('d'),
    ])
    const { admit, stop } = decide(state, LIMITS, NOW)
    expect(admit).toEqual(['d'])
    expect(stop).toEqual([{ id: 'b', idleMs: 1_000, forPlace: true, isShared: true }])
  })

  test('waits for one that is stopping already, and stops no second', () => {
    const stopping = { ...running(3_000, 300_000, [few]), phase: 'stopping' as const }
    expect(stopped(stateOf({ a: running(5_000), b: stopping }, [waits('c', { shares: [few] })]))).toEqual([])
  })

  test('in use keeps its own waiting, and no longer than its time', () => {
    const busy = { a: running(5_000), b: running(0, 300_000, [few]) }
    const waitingSince = (since: number) => stateOf(busy, [waits('c', { since, shares: [few] })])
    expect(decide(waitingSince(NOW), LIMITS, NOW)).toMatchObject({ admit: [], stop: [], refuse: [] })
    expect(decide(waitingSince(NOW - 15_000), LIMITS, NOW)).toMatchObject({
      admit: [],
      stop: [],
      refuse: ['c'],
    })
  })

  test('counts those that are let in together', () => {
    const waiting = ['a', 'b', 'c'].map((id) => waits(id, { shares: [some] }))
    expect(decide(stateOf({}, waiting), LIMITS, NOW).admit).toEqual(['a', 'b'])
  })
})

/** A run of the whole state machine: what a scheduler does, with time and events made up. */
describe('whatever happens', () => {
  type Event =
    | { kind: 'wait'; id: string }
    | { kind: 'use' | 'started' | 'died'; id: string }
    | { kind: 'stopEnds'; id: string; asleep: boolean }
    | { kind: 'time'; ms: number }

  const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
  const strangers: Share = { name: 'strangers', most: 2 }
  const SHARES: Record<string, readonly Share[]> = {
    a: [strangers, { name: 'one', most: 1 }],
    b: [strangers, { name: 'one', most: 1 }],
    c: [strangers],
    d: [strangers],
  }
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
    readonly servers = new Map<string, ServerState>()
    waiting: Waiting[] = []
    outcomes = new Map<string, number>()

    apply(happened: Event): void {
      if (happened.kind === 'time') this.now += happened.ms
      else {
        const server = this.servers.get(happened.id)
        const waits = this.waiting.some(({ id }) => id === happened.id)
        if (happened.kind === 'wait' && !server && !waits)
          this.waiting.push({ id: happened.id, since: this.now, shares: SHARES[happened.id] ?? [] })
        if (happened.kind === 'use' && server) server.lastUsedAt = this.now
        if (happened.kind === 'died' && server?.phase === 'running') this.servers.delete(happened.id)
        if (happened.kind === 'started' && server?.phase === 'starting') server.phase = 'running'
        if (happened.kind === 'stopEnds' && server?.phase === 'stopping') {
          if (happened.asleep) this.servers.delete(happened.id)
          else Object.assign(server, { phase: 'running', lastUsedAt: this.now })
        }
      }
      this.settle()
    }

    settle(): void {
      const before = new Map([...this.servers].map(([id, each]) => [id, { ...each }]))
      const { admit, refuse, stop, giveUp, nextAt } = decide(this, LIMITS, this.now)
      expect(nextAt).toBeGreaterThan(this.now)
      const idle = [...before].filter(
        ([, each]) => each.phase === 'running' && this.now - each.lastUsedAt >= LIMITS.quietMs,
      )
      for (const { id } of stop) {
        // Only what runs and is idle, and none that was idle for longer stays while a shorter one makes room.
        expect(idle.map(([each]) => each)).toContain(id)
        this.servers.set(id, { ...(before.get(id) as ServerState), phase: 'stopping' })
      }
      for (const id of giveUp) {
        // Only what starts, for longer than it may.
        expect(before.get(id)).toMatchObject({ phase: 'starting' })
        expect(this.now).toBeGreaterThanOrEqual(before.get(id)?.startDueAt ?? Number.POSITIVE_INFINITY)
        this.servers.set(id, { ...(before.get(id) as ServerState), phase: 'stopping' })
      }
      // In order: a database is admitted before one that came earlier only where the earlier one's share is full.
      const earlier = this.waiting.filter(({ id }) => !admit.includes(id))
      for (const id of admit) {
        const place = this.waiting.findIndex((each) => each.id === id)
        for (const each of earlier)
          if (this.waiting.indexOf(each) < place) expect(each.shares).not.toEqual([])
      }
      for (const id of refuse) {
        expect(this.now - (this.waiting.find((each) => each.id === id)?.since ?? 0)).toBeGreaterThanOrEqual(
          LIMITS.waitMs,
        )
      }
      this.waiting = this.waiting.filter(({ id }) => !admit.includes(id) && !refuse.includes(id))
      for (const id of admit) {
        const shares = SHARES[id] ?? []
        const times = { lastUsedAt: this.now, startDueAt: this.now + 30_000, suspendAfterMs: 60_000 }
        this.servers.set(id, { phase: 'starting', ...times, shares })
      }
      for (const { name, most } of [strangers, { name: 'one', most: 1 }]) {
        const inShare = [...this.servers.values()].filter(({ shares }) => shares.some((s) => s.name === name))
        expect(inShare.length).toBeLessThanOrEqual(most)
      }
      expect(this.servers.size).toBeLessThanOrEqual(LIMITS.maxRunning)
      // A database waits beside a free place only where its share is full, and never beyond its time.
      const taken = (share: Share) =>
        [...this.servers.values()].filter(({ shares }) => shares.some(({ name }) => name === share.name))
      const isFull = (share: Share) => taken(share).length >= share.most
      const free = this.waiting.filter(({ shares }) => !shares.some(isFull))
      if (free.length > 0) expect(this.servers.size).toBe(LIMITS.maxRunning)
      for (const { since } of this.waiting) expect(this.now - since).toBeLessThan(LIMITS.waitMs)
      // For each database that waits a stop is under way, or none is idle whose place it could take.
      const isIdle = (each: ServerState) =>
        each.phase === 'running'
          ? this.now - each.lastUsedAt >= LIMITS.quietMs
          : each.phase === 'starting' && this.now >= each.startDueAt
      const stopping = [...this.servers.values()].filter(({ phase }) => phase === 'stopping')
      if (stopping.length < free.length) expect([...this.servers.values()].filter(isIdle)).toEqual([])
      for (const { shares } of this.waiting) {
        const full = shares.find(isFull)
        if (full && !taken(full).some(({ phase }) => phase === 'stopping'))
          expect(taken(full).filter(isIdle)).toEqual([])
      }
    }
  }

  test('runs no more than allowed, lets none wait in vain, and leaves alone what is in use', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const model = new Model()
        for (const each of events) model.apply(each)
      }),
      { numRuns: 2_000 },
    )
  })
})
