/** Gives the files of a server to a user of its own. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../cluster/files.ts'
import { makeFolder, makeServerFolder } from '../cluster/own-folders.ts'
import type { Placement } from '../cluster/placement.ts'
import type { ServerFiles } from '../cluster/server-files.ts'
import { ownerOf, type ServerIds } from '../cluster/users.ts'
import { endSurvivor } from './survivors.ts'

/**
 * As root, gives the files of a server to a user of its own: files of an earlier release, and of copies, belong to another.
 * No server runs on them now.
 */
export async function takeOwnership(placement: Placement, files: ServerFiles): Promise<ServerIds | null> {
  const owner = ownerOf(placement.users, files.data)
  const ids = placement.users ? (owner ?? placement.users.allocate()) : null
  makeFolder(files.folder, ids)
  makeServerFolder(files.inbox, ids)
  if (ids && owner === null) {
    await endSurvivor(files)
    await giveFiles(files, ids)
  }
  return ids
}

/** Does not follow links. The archive is ours, and stays so. */
async function giveFiles({ data, inbox, archive, folder }: ServerFiles, ids: ServerIds): Promise<void> {
  const bases = join(folder, 'bases')
  const theirs = [
    data,
    inbox,
    ...(existsSync(bases) ? readdirSync(bases).map((name) => join(bases, name, 'data')) : []),
  ]
  const give = (paths: string[], { uid, gid }: ServerIds) =>
    run('chown', ['-R', '-h', `${uid}:${gid}`, ...paths.filter(existsSync)])
  await give(theirs, ids)
  if (!existsSync(archive)) return
  await give([archive], { uid: 0, gid: 0 })
  await run('chmod', ['-R', 'u=rwX,go=rX', archive])
}
