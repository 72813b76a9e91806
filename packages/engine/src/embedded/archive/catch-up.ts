/** Brings the archive of a database up to now. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'pg'
import { readControlFile } from '../copies/control-file.ts'
import type { Source } from '../copies/source.ts'
import { parseLsn, segmentName, segmentOf } from '../copies/wal-files.ts'
import type { ServerAccess } from '../process/running-server.ts'
import { asSuperuser } from '../sql/superuser.ts'
import type { ArchiveInbox } from './inbox.ts'

/** What is not archived by then is read where it is: a server keeps what it has not archived. */
const PATIENCE_MS = 5_000
const POLL_MS = 10

/**
 * Brings everything that a running server has committed until now into its archive, and behind it a commit of now: a
 * recovery stops at a moment only where a later commit follows. False where no server runs, and nothing was done. An
 * archive that takes nothing is not waited for.
 */
export async function catchUp(
  { files, find, inTurn }: Source,
  inbox: ArchiveInbox,
  signal: AbortSignal,
): Promise<boolean> {
  // What does not belong in an archive stays where it is; the next look at the archive reports it.
  const takeWhatIsFit = () => inbox.take(files).catch(() => {})
  const end = async () => {
    const running = find()
    return running && { lsn: await endSegment(running, signal) }
  }
  const ended = await inTurn(end, signal)
  if (!ended) {
    await takeWhatIsFit()
    return false
  }
  // A position at a segment's very beginning means that the one before it is full.
  const segment = segmentOf(parseLsn(ended.lsn) - 1n, readControlFile(files.data).timeline)
  const path = join(files.archive, segmentName(segment))
  for (const end = Date.now() + PATIENCE_MS; !existsSync(path) && Date.now() < end; await sleep(POLL_MS)) {
    signal.throwIfAborted()
    await takeWhatIsFit()
    if (find() === null) return false
  }
  return true
}

async function endSegment(server: ServerAccess, signal: AbortSignal): Promise<string> {
  const inSession = async (client: Client) => {
    await client.query('begin')
    await client.query('select pg_current_xact_id()')
    await client.query('commit')
    return client.query<{ lsn: string }>('select pg_switch_wal()::text as lsn')
  }
  const { rows } = await asSuperuser(server, 'template1', inSession, { signal })
  return rows[0]?.lsn ?? '0/0'
}
