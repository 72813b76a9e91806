/** What folders and files take of the disk: of its blocks, and of its inodes. */
import { run } from '../cluster/files.ts'

/** A folder with so many files that this is not enough is not measured. */
const LIMIT_MS = 60_000
/** For each file and folder there is no less than this: a volume has only so many inodes, whatever they hold. */
export const INODE_BYTES = 4096
const IS_LINUX = process.platform === 'linux'

/** Files that cannot be counted: there are too many, or some are closed to the service. No files of Postgres' own are so. */
export class UncountedFiles extends Error {
  constructor(cause: unknown) {
    super('the files cannot be counted', { cause })
    this.name = 'UncountedFiles'
  }
}

/** Bytes of what a folder takes. Rejects where it cannot be measured. Files that vanish meanwhile do not count. */
export async function diskUsage(folder: string): Promise<number> {
  const usage = (await diskUsages([folder], LIMIT_MS)).get(folder)
  if (usage === undefined) throw new Error(`du did not find ${folder}`)
  return usage
}

/**
 * Bytes of all blocks, or of all inodes where these count for more, of files and folders by their paths; those that are not
 * there are left out. Rejects with `UncountedFiles` where these cannot be counted, or not in time.
 */
export async function diskUsages(paths: readonly string[], limitMs: number): Promise<Map<string, number>> {
  const [kilobytes, inodes] = await Promise.all([
    du(['-skx'], paths, limitMs),
    // Other systems' du counts no inodes.
    IS_LINUX ? du(['-sx', '--inodes'], paths, limitMs) : new Map<string, number>(),
  ])
  return new Map(
    [...kilobytes].map(([path, each]) => [
      path,
      Math.max(each * 1024, (inodes.get(path) ?? 0) * INODE_BYTES),
    ]),
  )
}

type DuError = Error & { code?: unknown; killed?: unknown; stdout?: string; stderr?: string }

async function du(
  options: readonly string[],
  paths: readonly string[],
  limitMs: number,
): Promise<Map<string, number>> {
  const { stdout } = await run('du', [...options, '--', ...paths], {
    timeout: limitMs,
    killSignal: 'SIGKILL',
    env: { ...process.env, LC_ALL: 'C' },
  }).catch((error: DuError) => ({ stdout: sumsInSpiteOf(error) }))
  return new Map(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => {
        const [count = '', path = ''] = line.split('\t')
        if (!/^\d+$/.test(count)) throw new Error(`du said ${JSON.stringify(line)}`)
        return [path, Number(count)]
      }),
  )
}

/** The sums are there all the same where all that it missed has vanished while it was measured. Throws else. */
function sumsInSpiteOf(error: DuError): string {
  const { code, killed, stdout = '', stderr = '' } = error
  if (killed === true || code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') throw new UncountedFiles(error)
  // It did not begin, or was ended: nothing follows from that.
  if (code !== 1 || stdout === '') throw error
  if (stderr.trimEnd().split('\n').every(isVanished)) return stdout
  throw new UncountedFiles(error)
}

/** GNU writes names such that each message is one line, and the reason last. */
function isVanished(message: string): boolean {
  return message.endsWith(': No such file or directory')
}
