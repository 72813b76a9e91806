/** Whether the metadata answers. */
import { sql } from 'kysely'
import type { Services } from '../services.ts'

const REMEMBERED_MS = 1_000

/** Asks the metadata once a second at most, however many want to know; strangers may be among them. */
export function rememberedHealth({ db, clock, log }: Services): () => Promise<boolean> {
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
