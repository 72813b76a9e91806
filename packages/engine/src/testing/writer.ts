import { setTimeout as sleep } from 'node:timers/promises'
import type { EmbeddedEngine } from '../embedded/embedded-engine.ts'
import { clientOf } from './databases.ts'

/** Commits one row after the other into a table of its own, and keeps when each was sent and acknowledged. */
export interface Writer {
  /** Of this writer's rows, whose numbers go on from those that are there; milliseconds since the epoch, fractions included. */
  commits: { sentAt: number; ackedAt: number }[]
  /** The longest that a commit took, in milliseconds. */
  longestMs(): number
  stop(): Promise<void>
}

export interface WriterOptions {
  /** Between a commit and the next, so that there are moments at which none is under way. */
  pauseMs?: number
}

const now = () => performance.timeOrigin + performance.now()

export async function startWriter(
  engine: EmbeddedEngine,
  id: string,
  { pauseMs = 0 }: WriterOptions = {},
): Promise<Writer> {
  const client = await clientOf(engine, id)
  await client.query('create table if not exists written (n int primary key, filler text)')
  const { rows } = await client.query('select coalesce(max(n), 0)::int as last from written')
  let n = Number(rows[0].last)
  const commits: Writer['commits'] = []
  let isOver = false
  const writing = (async () => {
    while (!isOver) {
      const sentAt = now()
      await client.query("insert into written values ($1, repeat('x', 200))", [++n])
      commits.push({ sentAt, ackedAt: now() })
      if (pauseMs > 0) await sleep(pauseMs)
    }
  })()
  return {
    commits,
    longestMs: () => Math.max(...commits.map(({ sentAt, ackedAt }) => ackedAt - sentAt)),
    stop: async () => {
      isOver = true
      await writing
      await client.end()
    },
  }
}

/** A whole millisecond between the acknowledgement of commit `n` of a writer, counted from 1, and the next commit, or null where there was none. */
export function momentAfter({ commits }: Writer, n: number): Date | null {
  const earliest = Math.ceil((commits[n - 1]?.ackedAt ?? 0) + 0.5)
  return earliest < (commits[n]?.sentAt ?? Number.POSITIVE_INFINITY) - 0.5 ? new Date(earliest) : null
}
