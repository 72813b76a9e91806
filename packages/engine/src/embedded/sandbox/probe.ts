/** Finds out whether this machine can keep processes apart, by trying it. */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, readlinkSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { EngineError } from '../../errors.ts'
import type { ServerIds } from '../cluster/users.ts'
import {
  type Isolation,
  type Machine,
  NOTHING_SHOWN,
  type Sandboxing,
  type SandboxTools,
  sandboxed,
} from './sandbox.ts'

/** `auto`: where it is possible. `on`: a start without it fails. `off`: never. */
export type IsolationSetting = 'auto' | 'on' | 'off'

const SEARCHED = ['/usr/bin', '/bin', '/usr/local/bin', '/usr/sbin', '/sbin']
const PACKAGES: Readonly<Record<keyof SandboxTools, string>> = { unshare: 'util-linux', perl: 'perl-base' }

/** Where system programs and libraries lie; the targets of the links of a merged /usr are among them. */
const SYSTEM_FOLDERS = ['/usr/bin', '/usr/lib', '/usr/lib64', '/usr/share/zoneinfo']
const SYSTEM_LINKS = ['/bin', '/lib', '/lib64']
const DEVICES = ['/dev/null', '/dev/zero', '/dev/full', '/dev/random', '/dev/urandom']

function describeMachine(): Machine {
  const links: [string, string][] = []
  const folders = SYSTEM_FOLDERS.filter(existsSync)
  for (const path of SYSTEM_LINKS.filter(existsSync)) {
    const target = linkTarget(path)
    if (target === null) folders.push(path)
    else links.push([path, target])
  }
  return { folders, links, devices: DEVICES.filter(existsSync) }
}

function linkTarget(path: string): string | null {
  try {
    return readlinkSync(path)
  } catch {
    return null
  }
}

/** Tries a sandbox over `root`, an empty folder; as root one of the user `ids`. Throws where `on` cannot be had. */
export function probeIsolation(
  setting: IsolationSetting,
  { root, ids }: { root: string; ids: ServerIds | null },
): Isolation {
  if (setting === 'off') return { state: 'off', reason: 'DB9_ISOLATION is off' }
  const isolation = tryIsolation(root, ids)
  if (setting === 'on' && isolation.state === 'off') {
    throw new EngineError(
      'failed',
      `DB9_ISOLATION is on, but servers cannot be isolated: ${isolation.reason}`,
    )
  }
  return isolation
}

function tryIsolation(root: string, ids: ServerIds | null): Isolation {
  if (process.platform !== 'linux') {
    return { state: 'off', reason: `${process.platform} has no namespaces to run Postgres in` }
  }
  const tools = findTools()
  if (typeof tools === 'string') return { state: 'off', reason: tools }
  const isolation: Sandboxing = { state: 'on', by: ids ? 'root' : 'user', tools, machine: describeMachine() }
  const { file, args } = sandboxed(
    isolation,
    { ...NOTHING_SHOWN, ids, root },
    { file: '/bin/true', args: [] },
  )
  const { status, stderr, error } = spawnSync(file, args, { cwd: '/', encoding: 'utf8', env: {} })
  if (status === 0) return isolation
  const said = (stderr ?? '').trim().split('\n').at(-1) || error?.message || `exit code ${status}`
  const what = ids ? 'this process may not make namespaces' : 'unprivileged user namespaces are not allowed'
  return { state: 'off', reason: `${what} (${said})` }
}

/** The tools, or what to install. */
function findTools(): SandboxTools | string {
  const found = Object.fromEntries(
    Object.keys(PACKAGES).map((name) => [
      name,
      SEARCHED.map((folder) => join(folder, name)).find(isExecutable),
    ]),
  )
  const missing = (Object.keys(PACKAGES) as (keyof SandboxTools)[]).find((name) => !found[name])
  if (missing) return `${missing} is not installed (apt-get install ${PACKAGES[missing]})`
  return { unshare: realpathSync(found.unshare ?? ''), perl: realpathSync(found.perl ?? '') }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
