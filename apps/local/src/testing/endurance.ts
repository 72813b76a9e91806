/** Callers that read and write while a fault lasts and until it serves again. */
import { expect } from 'vitest'

/** `0` stands for a connection that ended without an answer. */
export type Status = 0 | 200 | 201 | 401 | 429 | 503 | 507

/** What docs/reliability.md promises of a fault: one row of its table. */
export interface FaultPromise {
  name: string
  how: string
  /** All that callers may see while the fault lasts, of reads and of writes. */
  reads: readonly Status[]
  writes: readonly Status[]
  /** From the end of the fault to the first read and the first write that are served. */
  servesWithinMs: number
}

export interface Fault extends FaultPromise {
  /** Puts the fault in and takes it out again. */
  inject(): Promise<void>
}

export interface Callers {
  read(): Promise<{ status: number }>
  /** Adds the row of this id. */
  write(id: number): Promise<{ status: number }>
  /** How many rows there are of each id. */
  rows(): Promise<Map<number, number>>
}

const PAUSE_MS = 20
let nextId = 1_000

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
export const statusOf = (sent: Promise<{ status: number }>) =>
  sent.then(({ status }) => status).catch(() => 0)
export const outside = (seen: readonly number[], allowed: readonly number[]) =>
  seen.filter((status) => !allowed.includes(status))

/** Expects that callers see nothing but what is promised, and that every row that was acknowledged is there once. */
export async function endure(fault: Fault, { read, write, rows }: Callers): Promise<void> {
  const reads = new Set<number>()
  const writes = new Set<number>()
  const acknowledged: number[] = []
  let isOver = false
  const reader = async () => {
    while (!isOver) {
      reads.add(await statusOf(read()))
      await pause(PAUSE_MS)
    }
  }
  const writer = async () => {
    while (!isOver) {
      const id = nextId++
      const status = await statusOf(write(id))
      writes.add(status)
      if (status === 201) acknowledged.push(id)
      await pause(PAUSE_MS)
    }
  }
  const callers = [reader(), reader(), writer(), writer()]
  try {
    await expect.poll(() => acknowledged.length).toBeGreaterThan(0)
    await fault.inject()
    const timing = { timeout: fault.servesWithinMs, interval: 25 }
    await expect.poll(() => statusOf(read()), timing).toBe(200)
    await expect.poll(() => statusOf(write(nextId++)), timing).toBe(201)
  } finally {
    isOver = true
    await Promise.all(callers)
  }
  const counts = await rows()
  const lost = acknowledged.filter((id) => counts.get(id) !== 1)
  expect(lost, 'acknowledged rows that are not there once').toEqual([])
  expect([outside([...reads], fault.reads), outside([...writes], fault.writes)]).toEqual([[], []])
}
