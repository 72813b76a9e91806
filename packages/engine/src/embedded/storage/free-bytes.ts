/** What a volume has left. */
import { statfs } from 'node:fs/promises'

/** What a free inode counts for: mke2fs makes one for so many bytes (docs: mke2fs.conf(5), `inode_ratio`). */
const BYTES_PER_INODE = 16 * 1024

/** Bytes that are free on the volume of a folder, or fewer where it is short of inodes: without one, no file can be made. */
export async function freeBytes(folder: string): Promise<number> {
  return freeOf(await statfs(folder))
}

export interface FileSystemFacts {
  bavail: number
  bsize: number
  /** All inodes; 0 where they are made as they are needed (btrfs, vfat). */
  files: number
  ffree: number
}

export function freeOf({ bavail, bsize, files, ffree }: FileSystemFacts): number {
  const bytes = bavail * bsize
  return files === 0 ? bytes : Math.min(bytes, ffree * BYTES_PER_INODE)
}
