/** Copies, publishes and removes whole folders, and writes files durably. */
import { execFile } from 'node:child_process'
import { existsSync, renameSync } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'

export const run = promisify(execFile)
/** Copies a stopped cluster, sharing blocks where the file system can; what is not urgent yields to whatever else runs. */
export async function copyFolder(from: string, to: string, { isUrgent = true } = {}): Promise<void> {
  // A child process: Node's own recursive copy takes several times as long for a thousand small files.
  const copy = process.platform === 'linux' ? ['cp', '-a', '--reflink=auto'] : ['cp', '-Rpc']
  const [command = '', ...args] = isUrgent ? copy : ['nice', '-n', '10', ...copy]
  await run(command, [...args, from, to])
}

/** Puts a finished draft in its place, all or nothing; durable once it resolves. */
export async function publishFolder(draft: string, folder: string): Promise<void> {
  // Postgres does not sync a cleanly stopped data directory when it starts, so a copy has to reach the disk first.
  await run('sync', process.platform === 'linux' ? ['-f', draft] : [])
  renameSync(draft, folder)
  await syncFolder(dirname(folder))
}

/** Makes durable what was made, renamed or removed in a folder. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Writes a file of secrets, all or nothing; durable once it resolves. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const draft = `${path}.tmp`
  const handle = await open(draft, 'w', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  renameSync(draft, path)
  await syncFolder(dirname(path))
}

/**
 * Removes what the service alone has written; `removeServerTree` is for the rest. Tries again where a process that is just
 * ending still writes there.
 */
export function removeTree(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
}

/** Renames a folder, durably. One that is not there has been moved already. */
export async function moveFolder(from: string, to: string): Promise<void> {
  if (!existsSync(from)) return
  renameSync(from, to)
  await syncFolder(dirname(to))
}
