import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readControlFile } from '../copies/control-file.ts'
import type { Source } from '../copies/source.ts'
import { parseLsn, segmentName, segmentOf } from '../copies/wal-files.ts'
import { EngineError } from '../engine.ts'
import { sleep } from '../files.ts'
import { asSuperuser } from '../superuser.ts'

const LIMIT_MS = 60_000
const POLL_MS = 10

/**
 * Brings everything that a running server has committed until now into its archive, and behind it a commit of now: a
 * recovery stops at a moment only where a later commit follows. Does nothing where no server runs.
 */
export async function catchUp({ files, find, inTurn }: Source, signal: AbortSignal): Promise<void> {
  const ended = await inTurn(async () => {
    const running = find()
    return running && { ...running, lsn: await endSegment(running.socketFolder) }
  })
  if (!ended) return
  // A position at a segment's very beginning means that the one before it is full.
  const segment = segmentOf(parseLsn(ended.lsn) - 1n, readControlFile(files.data).timeline)
  const path = join(files.archive, segmentName(segment))
  for (const end = Date.now() + LIMIT_MS; !existsSync(path); await sleep(POLL_MS)) {
    signal.throwIfAborted()
    // What it had not archived is read from its own files.
    if (find() === null) return
    if (Date.now() > end) {
      throw new EngineError(
        'unavailable',
        'the write-ahead log does not reach its archive; is the disk full?',
      )
    }
  }
}

async function endSegment(socketFolder: string): Promise<string> {
  const { rows } = await asSuperuser(socketFolder, 'template1', async (client) => {
    await client.query('begin')
    await client.query('select pg_current_xact_id()')
    await client.query('commit')
    return client.query<{ lsn: string }>('select pg_switch_wal()::text as lsn')
  })
  return rows[0]?.lsn ?? '0/0'
}
