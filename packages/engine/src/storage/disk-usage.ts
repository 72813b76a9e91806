/** What folders and files take of the disk. */
import { run } from '../files.ts'

/** A folder with so many files that this is not enough is not measured. */
const LIMIT_MS = 60_000

/** Bytes of all blocks below a folder. Rejects where it cannot be measured. Files that vanish meanwhile do not count. */
export async function diskUsage(folder: string): Promise<number> {
  const usage = (await diskUsages([folder], LIMIT_MS)).get(folder)
  if (usage === undefined) throw new Error(`du did not find ${folder}`)
  return usage
}

/**
 * Of files and folders, by their paths; those that are not there are left out. Rejects with `killed` where there are too many
 * files to be counted in time.
 */
export async function diskUsages(paths: readonly string[], limitMs: number): Promise<Map<string, number>> {
  const { stdout } = await run('du', ['-skx', '--', ...paths], {
    timeout: limitMs,
    killSignal: 'SIGKILL',
  }).catch((error: Error & { code?: unknown; stdout?: string }) => {
    // What vanished while it was measured; the sums are there all the same.
    if (error.code === 1 && error.stdout) return { stdout: error.stdout }
    throw error
  })
  return new Map(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => {
        const [kilobytes = '', path = ''] = line.split('\t')
        if (!/^\d+$/.test(kilobytes)) throw new Error(`du said ${JSON.stringify(line)}`)
        return [path, Number(kilobytes) * 1024]
      }),
  )
}
