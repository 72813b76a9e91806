/** Files that no folder shows: a process keeps them open, or in its memory, after it has deleted them. Linux alone. */
import { readdirSync, readFileSync, type Stats, statSync } from 'node:fs'

/**
 * Bytes of all blocks of such files on the volume of `folder`, as far as these processes have them. A file that is under way
 * between two of them, in a message, is not seen.
 */
export function hiddenBytes(pids: readonly number[], folder: string): number {
  const device = statOf(folder)?.dev
  if (device === undefined) return 0
  const files = new Map<number, number>()
  for (const path of pids.flatMap((pid) => [...openFiles(pid), ...mappedFiles(pid)])) {
    const found = statOf(path)
    if (found?.isFile() && found.nlink === 0 && found.dev === device) files.set(found.ino, found.blocks * 512)
  }
  return [...files.values()].reduce((sum, bytes) => sum + bytes, 0)
}

/** docs: proc(5), /proc/[pid]/fd: each leads to the file itself, whatever its name is now. */
function openFiles(pid: number): string[] {
  const folder = `/proc/${pid}/fd`
  return orNone(() => readdirSync(folder).map((name) => `${folder}/${name}`))
}

/** docs: proc(5), /proc/[pid]/map_files, which root alone may follow. */
function mappedFiles(pid: number): string[] {
  const deleted = /^([0-9a-f]+-[0-9a-f]+) .* \(deleted\)$/gm
  return orNone(() =>
    [...readFileSync(`/proc/${pid}/maps`, 'utf8').matchAll(deleted)].map(
      ([, range = '']) => `/proc/${pid}/map_files/${range.replace(/\b0+(?=[0-9a-f])/g, '')}`,
    ),
  )
}

/** The process has ended, or may not be looked into. */
function orNone(read: () => string[]): string[] {
  try {
    return read()
  } catch {
    return []
  }
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path)
  } catch {
    return undefined
  }
}
