/** Launches a runtime process in its sandbox. */
import { type ChildProcess, spawn } from 'node:child_process'
import { dirname } from 'node:path'
import { NOTHING_SHOWN, toLaunch } from '@db9/engine/sandbox'
import type { ProcessFiles, RuntimePlace } from './place.ts'

/** Where the cores are short, the service and the databases go before functions. */
const NICE = 6
/** Where memory is short, the kernel ends a function's process before any database. */
const OOM_SCORE = 800
const TEMPORARY_BYTES = 4 * 2 ** 20
const OPEN_FILES = 1_024
const PROCESSES = 64
/** What V8 reserves counts as private memory: about 540 MB before any code is loaded. The rest is for functions. */
const RESERVED_BYTES = 600 * 2 ** 20
const DATA_BYTES = 384 * 2 ** 20

export function launchRuntime(
  { isolation, sandboxRoot }: RuntimePlace,
  { host, inside }: ProcessFiles,
  ids: { uid: number; gid: number } | null,
): ChildProcess {
  const isOff = isolation.state === 'off'
  const serve = [inside.workerd, 'serve', '--experimental', `${inside.files}/workerd.capnp`]
  const [file = '', ...args] = isOff ? ['nice', '-n', String(NICE), ...serve] : serve
  const mount = (name: 'files' | 'hostSocket' | 'runSocket') =>
    name === 'files'
      ? { source: host.files, path: inside.files }
      : { source: dirname(host[name]), path: dirname(inside[name]) }
  const launch = toLaunch(
    isolation,
    {
      ...NOTHING_SHOWN,
      ids,
      root: sandboxRoot,
      programs: [{ source: host.workerd, path: inside.workerd }],
      readable: [mount('files'), mount('hostSocket')],
      writable: [mount('runSocket')],
      temporaryBytes: TEMPORARY_BYTES,
      limits: {
        dataBytes: RESERVED_BYTES + DATA_BYTES,
        fileBytes: 2 ** 20,
        openFiles: OPEN_FILES,
        processes: ids ? PROCESSES : null,
      },
      nice: NICE,
      oomScore: OOM_SCORE,
    },
    { file, args },
  )
  return spawn(launch.file, launch.args, {
    ...launch.options,
    cwd: '/',
    env: isOff ? { PATH: '/usr/bin:/bin' } : {},
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: a terminal's Ctrl-C must not end it before the stack has.
    detached: true,
  })
}
