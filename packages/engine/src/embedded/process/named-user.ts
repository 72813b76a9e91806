/** For programs that look their user up by name, as initdb and the single-user mode do. */
import { readFileSync } from 'node:fs'
import { EngineError } from '../../errors.ts'
import { run } from '../cluster/files.ts'
import type { Placement } from '../cluster/placement.ts'
import type { ServerFiles } from '../cluster/server-files.ts'
import type { ServerIds } from '../cluster/users.ts'

/**
 * Runs `work` as a user that has a name. In a sandbox a server's own user has one. As root without a sandbox the data
 * belongs to another user meanwhile, whose other processes do not get past the folder of the server: that is open to the
 * server's group alone.
 */
export async function asNamedUser(
  { isolation }: Placement,
  { data }: ServerFiles,
  ids: ServerIds | null,
  work: (ids: ServerIds | null) => Promise<void>,
): Promise<void> {
  if (!ids || isolation.state === 'on') return work(ids)
  const named = { uid: userWithName().uid, gid: ids.gid }
  await give(data, named)
  try {
    await work(named)
  } finally {
    await give(data, ids)
  }
}

async function give(data: string, { uid, gid }: ServerIds): Promise<void> {
  await run('chown', ['-R', '-h', `${uid}:${gid}`, data])
}

/** An entry of the passwd file that is not root's. */
export function userWithName(): ServerIds {
  const entries = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name, , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter(({ uid }) => Number.isInteger(uid) && uid > 0)
  const entry = entries.find(({ name }) => name === 'nobody') ?? entries[0]
  if (!entry) throw new EngineError('failed', 'the machine has no user beside root, which initdb needs once')
  return { uid: entry.uid, gid: entry.gid }
}
