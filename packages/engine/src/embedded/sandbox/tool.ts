/** Runs small programs of the system on a database's files: as their owner, with nothing else in sight. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Placement } from '../cluster/placement.ts'
import type { ServerIds } from '../cluster/users.ts'
import { NOTHING_SHOWN, toLaunch } from './sandbox.ts'

export interface ToolOptions {
  ids: ServerIds | null
  /** Folders that it may read or write, at their own paths. */
  readable?: readonly string[]
  writable?: readonly string[]
  /** Yields to whatever else the machine does. */
  isUrgent?: boolean
  signal?: AbortSignal | undefined
}

const TOOL_ENVIRONMENT = { LC_ALL: 'C', PATH: '/usr/bin:/bin' }
/** Of what it says; cp names each file that it could not copy. */
const OUTPUT_BYTES = 2 ** 26
const LOW_PRIORITY = 10
const TEMPORARY_BYTES = 2 ** 20

const execute = promisify(execFile)

/** Rejects as `execFile` does, where the program fails. */
export async function runTool(
  { isolation, sandboxRoot }: Placement,
  program: string,
  args: readonly string[],
  { ids, readable = [], writable = [], isUrgent = true, signal }: ToolOptions,
): Promise<{ stdout: string; stderr: string }> {
  const mounts = (paths: readonly string[]) => paths.map((path) => ({ source: path, path }))
  const nice = isUrgent ? 0 : LOW_PRIORITY
  const isOff = isolation.state === 'off'
  const command =
    isOff && !isUrgent
      ? { file: 'nice', args: ['-n', String(nice), program, ...args] }
      : { file: isOff ? program : `/bin/${program}`, args: [...args] }
  const {
    file,
    args: all,
    options,
  } = toLaunch(
    isolation,
    {
      ...NOTHING_SHOWN,
      ids,
      root: sandboxRoot,
      readable: mounts(readable),
      writable: mounts(writable),
      temporaryBytes: TEMPORARY_BYTES,
      nice,
    },
    command,
  )
  return execute(file, all, {
    ...options,
    cwd: '/',
    env: TOOL_ENVIRONMENT,
    maxBuffer: OUTPUT_BYTES,
    // unshare passes no other on.
    killSignal: 'SIGKILL',
    ...(signal && { signal }),
  })
}
