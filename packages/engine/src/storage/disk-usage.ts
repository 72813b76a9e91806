/** What a folder takes of the disk. */
import { run } from '../files.ts'

/** A folder with so many files that this is not enough is not measured. */
const LIMIT_MS = 60_000

/** Bytes of all blocks below a folder. Rejects where it cannot be measured. Files that vanish meanwhile do not count. */
export async function diskUsage(folder: string): Promise<number> {
  const { stdout } = await run('du', ['-skx', folder], { timeout: LIMIT_MS, killSignal: 'SIGKILL' }).catch(
    (error: Error & { code?: unknown; stdout?: string }) => {
      // What vanished while it was measured; the sum is there all the same.
      if (error.code === 1 && error.stdout) return { stdout: error.stdout }
      throw error
    },
  )
  const kilobytes = Number.parseInt(stdout, 10)
  if (!Number.isFinite(kilobytes)) throw new Error(`du said ${JSON.stringify(stdout)}`)
  return kilobytes * 1024
}
