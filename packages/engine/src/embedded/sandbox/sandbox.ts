/**
 * The sandbox of one Postgres process, or of a program that reads a database's files: what it can see, may use and take.
 *
 * Every process that works on a database's files counts as hostile, since its owner may be able to run code in it. It gets
 * mount, PID, IPC, network, UTS and cgroup namespaces of its own, a root file system of the few folders named here, no
 * capability, and a filter of system calls (docs: namespaces(7), capabilities(7), seccomp(2)).
 */
import { join } from 'node:path'
import type { ServerIds } from '../cluster/users.ts'
import { seccompFilter } from './seccomp.ts'

/** How processes are kept apart on this machine, or why they cannot be. */
export type Isolation = Sandboxing | { state: 'off'; reason: string }

export interface Sandboxing {
  state: 'on'
  /**
   * `root`: by a user of its own for each database, and namespaces. `user`: by namespaces below an unprivileged user
   * namespace; all run as the user who started db9.
   */
  by: 'root' | 'user'
  tools: SandboxTools
  machine: Machine
}

/** Absolute paths of what starts a sandbox. */
export interface SandboxTools {
  unshare: string
  perl: string
}

/** `source` on the machine can be seen at `path` in the sandbox. */
export interface Mount {
  source: string
  path: string
}

export interface SandboxSpec {
  /** The user it runs as; null: the user of this process. */
  ids: ServerIds | null
  /** An empty folder, over which the new root is built. */
  root: string
  programs: readonly Mount[]
  readable: readonly Mount[]
  writable: readonly Mount[]
  /** Small files that are made in it, which cannot be written there. */
  files: readonly { path: string; content: string }[]
  /** A file that is locked for as long as a process of the sandbox lives; the launch fails where it is locked already. */
  lock: string | null
  /** Of /tmp, which is memory and counts as such. */
  temporaryBytes: number
  limits: ResourceLimits
  /** `cgroup.procs` files of the control groups that it belongs to. */
  controlGroups: readonly string[]
  nice: number
  /** `oom_score_adj`: the highest is ended first where memory is short. */
  oomScore: number
}

/** For each process (getrlimit(2)), except for `processes`, which counts those of a user. */
export interface ResourceLimits {
  /** Of private memory. */
  dataBytes: number | null
  /** Of one file. */
  fileBytes: number | null
  openFiles: number
  processes: number | null
}

export interface Command {
  file: string
  args: string[]
}

/** asm-generic/resource.h */
const RESOURCES = { file: 1, data: 2, core: 4, processes: 6, openFiles: 7 } as const

const LAUNCHER = join(import.meta.dirname, 'launch.pl')
/** Any but 0, as which Postgres refuses to run; seen inside a user namespace alone. */
const INNER_ID = 1000

/** What runs `command` in a sandbox, as the only program of its PID namespace: its end is the end of all that it started. */
export function sandboxed({ by, tools, machine }: Sandboxing, spec: SandboxSpec, command: Command): Command {
  const { unshare, perl } = tools
  const namespaces = ['--mount', '--net', '--ipc', '--uts', '--cgroup', '--pid', '--fork', '--kill-child']
  const asUser = ['--user', `--map-user=${INNER_ID}`, `--map-group=${INNER_ID}`, '--keep-caps']
  return {
    file: unshare,
    args: [
      ...(by === 'user' ? asUser : []),
      ...namespaces,
      '--',
      perl,
      LAUNCHER,
      process.arch,
      ...stepsOf(by, spec, machine).flat(),
      '--',
      command.file,
      ...command.args,
    ],
  }
}

export interface Launch extends Command {
  /** Of `spawn`: as whom, where no sandbox sees to that. */
  options: { uid?: number; gid?: number }
}

/** What runs `command` as this machine can: in a sandbox, or with nothing but a user of its own. */
export function toLaunch(isolation: Isolation, spec: SandboxSpec, command: Command): Launch {
  if (isolation.state === 'off') return { ...command, options: { ...spec.ids } }
  return { ...sandboxed(isolation, spec, command), options: {} }
}

/** For a program that needs no more than the system's own. */
export const NOTHING_SHOWN = {
  programs: [],
  readable: [],
  writable: [],
  files: [],
  lock: null,
  temporaryBytes: 2 ** 20,
  limits: { dataBytes: null, fileBytes: null, openFiles: 1024, processes: null },
  controlGroups: [],
  nice: 0,
  oomScore: 0,
} as const satisfies Omit<SandboxSpec, 'ids' | 'root'>

/** The system's own part of what a sandbox shows, as it is on this machine. */
export interface Machine {
  /** Of programs and libraries. */
  folders: readonly string[]
  /** Name and target. */
  links: readonly (readonly [string, string])[]
  devices: readonly string[]
}

type Step = readonly string[]

function stepsOf(by: 'root' | 'user', spec: SandboxSpec, machine: Machine): Step[] {
  const ids = by === 'root' ? spec.ids : { uid: INNER_ID, gid: INNER_ID }
  if (!ids) throw new TypeError('as root, a sandbox needs a user of its own')
  const mounts = (step: string, list: readonly Mount[]) =>
    list.map(({ source, path }): Step => [step, source, path])
  return [
    ...(spec.lock === null ? [] : [['lock', spec.lock]]),
    ...(spec.controlGroups.length === 0 ? [] : [['cgroups', spec.controlGroups.join('\n')]]),
    ['score', String(spec.oomScore)],
    ['nice', String(spec.nice)],
    ...limitSteps(spec.limits),
    ['build', spec.root],
    ...machine.folders.map((folder): Step => ['program', folder, folder]),
    ...machine.links.map(([name, target]): Step => ['link', target, name]),
    ...machine.devices.map((device): Step => ['device', device]),
    // Before what may lie below it.
    ['temporary', '/tmp', String(spec.temporaryBytes)],
    ...mounts('program', spec.programs),
    ...mounts('read', spec.readable),
    ...mounts('write', spec.writable),
    // initdb looks its user up.
    ['file', '/etc/passwd', `postgres:x:${ids.uid}:${ids.gid}::/:/bin/false\n`],
    ...spec.files.map(({ path, content }): Step => ['file', path, content]),
    ['enter'],
    ['bound'],
    ...(by === 'root' ? [['ids', String(ids.uid), String(ids.gid)]] : []),
    ['confine', seccompFilter(process.arch).toString('hex')],
    ['die'],
  ]
}

function limitSteps({ dataBytes, fileBytes, openFiles, processes }: ResourceLimits): Step[] {
  const values: [resource: number, value: number | null][] = [
    // With 0, a program that the kernel hands core dumps to is started all the same; with 1 it is not (core(5)).
    [RESOURCES.core, 1],
    [RESOURCES.openFiles, openFiles],
    [RESOURCES.data, dataBytes],
    [RESOURCES.file, fileBytes],
    [RESOURCES.processes, processes],
  ]
  return values.flatMap(([resource, value]) =>
    value === null ? [] : [['limit', String(resource), String(value)]],
  )
}
