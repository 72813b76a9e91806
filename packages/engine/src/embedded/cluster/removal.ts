/**
 * Removes what processes of a database may have written: folders of any depth, of any rights, with links to anywhere. The
 * service itself removes by whole paths, which end at 4,096 bytes and a process that still writes there can lead them elsewhere.
 * So the system's own `rm` empties such folders, which goes from folder to folder, in a sandbox as the folder's owner.
 */
import { constants, existsSync, lstatSync, readdirSync, renameSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { EngineError } from '../../errors.ts'
import { runTool } from '../sandbox/tool.ts'
import { removeTree, run } from './files.ts'
import type { Placement } from './placement.ts'
import type { ServerIds } from './users.ts'

export const REMOVING_SUFFIX = '.doomed'

/** Marks a server's folder as gone before it is removed, so that a crash half-way leaves nothing that looks whole. */
export async function removeServerFolder(placement: Placement, folder: string): Promise<void> {
  if (folder.endsWith(REMOVING_SUFFIX)) return removeServerTree(placement, folder)
  const removing = folder + REMOVING_SUFFIX
  await removeServerTree(placement, removing)
  if (!existsSync(folder)) return
  renameSync(folder, removing)
  await removeServerTree(placement, removing)
}

export interface RemovalOptions {
  /** Left out: yes. A removal that no caller waits for runs with low priority. */
  isUrgent?: boolean
  /** Ends the removal, which then throws `failed`; what is left can be removed later. */
  signal?: AbortSignal
}

/**
 * Removes a folder of ours with all that servers have put below it; of a link the link alone. Throws `failed` where it cannot.
 * What the service alone has written is removed by `removeTree`.
 */
export async function removeServerTree(
  placement: Placement,
  folder: string,
  options: RemovalOptions = {},
): Promise<void> {
  const owners = new Map<number | null, { ids: ServerIds | null; folders: string[] }>()
  for (const part of listParts(placement, folder)) {
    const key = part.ids?.uid ?? null
    const known = owners.get(key) ?? { ids: part.ids, folders: [] }
    known.folders.push(part.folder)
    owners.set(key, known)
  }
  for (const { ids, folders } of owners.values()) await removeParts(placement, { folders, ids }, options)
  options.signal?.throwIfAborted()
  await removeTree(folder)
}

interface Part {
  folder: string
  ids: ServerIds | null
}

/** The folders that servers write in. As root these are others'; else all may be theirs that is not plain. */
function listParts({ users }: Pick<Placement, 'users'>, folder: string): Part[] {
  const found = lstatSync(folder, { throwIfNoEntry: false })
  if (!found?.isDirectory()) return []
  if (users !== null && found.uid !== 0) return [{ folder, ids: { uid: found.uid, gid: found.gid } }]
  if (users === null) return isPlain(folder, found.mode) ? [] : [{ folder, ids: null }]
  return foldersIn(folder).flatMap((name) => listParts({ users }, join(folder, name)))
}

/** Whether its user can remove it by its path: it holds nothing but files, and is open to its user. */
function isPlain(folder: string, mode: number): boolean {
  const isOpen = (mode & constants.S_IRWXU) === constants.S_IRWXU
  return isOpen && foldersIn(folder).length === 0
}

function foldersIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [entry.name] : [],
  )
}

/** What a program that was killed takes to be gone. */
const ENDING_MS = 500

/** What is left by the first is left to the next. */
async function removeParts(
  placement: Placement,
  { folders, ids }: { folders: string[]; ids: ServerIds | null },
  { isUrgent = true, signal }: RemovalOptions,
): Promise<void> {
  const tool = (program: string, args: string[], writable: string[]) =>
    runTool(placement, program, [...args, '--', ...writable], { ids, writable, isUrgent, signal })
  const remove = (left: string[]) => run('rm', ['-rf', '--', ...left], { signal, killSignal: 'SIGKILL' })
  const ways: ((left: string[]) => Promise<unknown>)[] = [
    (left: string[]) => tool('rm', ['-rf'], left),
    // Its owner may have closed it to himself.
    async (left: string[]) => {
      await tool('chmod', ['-R', 'u+rwX'], left).catch(() => {})
      await tool('rm', ['-rf'], left)
    },
    // What is in it may be another user's, where a crash came before it was given to the owner.
    remove,
    // A program that was called off may have written until now.
    (left: string[]) => sleep(ENDING_MS).then(() => remove(left)),
  ]
  let left = folders
  let cause: unknown
  for (const way of ways) {
    // It cannot remove what the sandbox itself shows, so that it always fails; what counts is what is left.
    await way(left).catch((error: unknown) => {
      cause = error
    })
    left = left.filter((each) => !isRemoved(each))
    if (left.length === 0) return
    if (signal?.aborted) break
  }
  throw new EngineError('failed', 'files of the database could not be removed', { cause })
}

function isRemoved(folder: string): boolean {
  try {
    rmdirSync(folder)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return true
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return false
    throw error
  }
}
