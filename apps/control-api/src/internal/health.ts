/** Whether the metadata answers. */
import { type Kysely, sql } from 'kysely'
import type { Logger } from 'pino'
import type { Tables } from '../metadata/tables.ts'

const REMEMBERED_MS = 1_000

export interface HealthDeps {
  db: Kysely<Tables>
  /** Milliseconds since the epoch. */
  clock: () => number
  log: Logger
}

/** Asks the metadata once a second at most, however many requests ask: strangers can send them. */
export function rememberedHealth({ db, clock, log }: HealthDeps): () => Promise<boolean> {
  let last: { at: number; answer: Promise<boolean> } | undefined
  const ask = async () => {
    try {
      await sql`select 1`.execute(db)
      return true
    } catch (error) {
      log.error({ err: error }, 'the metadata does not answer')
      return false
    }
  }
  return () => {
    const now = clock()
    if (!last || Math.abs(now - last.at) >= REMEMBERED_MS) last = { at: now, answer: ask() }
    return last.answer
  }
}
