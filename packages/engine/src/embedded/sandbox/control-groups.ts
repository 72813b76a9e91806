/**
 * Control groups of databases: all processes of a database share one weight of the processors, one limit of memory and
 * one of processes (docs: cgroups(7); kernel.org: cgroup-v1/memory.rst, cgroup-v2.rst). Only where groups can be made: as
 * root, or in a delegated subtree. Elsewhere limits hold for each process alone, see `ResourceLimits`.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const MOUNT = '/sys/fs/cgroup'
/** The group of all databases, below that of this process. */
const PARENT = 'db9'

const CONTROLLERS = ['cpu', 'memory', 'pids'] as const
type Controller = (typeof CONTROLLERS)[number]

/** Where groups of a controller are made, and how it is written there. */
interface Hierarchy {
  folder: string
  version: 1 | 2
}

export type Hierarchies = Partial<Record<Controller, Hierarchy>>

export interface GroupLimits {
  memoryBytes: number
  processes: number
}

/** For all databases together: twice of what any other process has, and no more however many sessions they run. */
const WEIGHT = { 1: ['cpu.shares', '2048'], 2: ['cpu.weight', '200'] } as const

/**
 * Makes the groups of one database where there are none, with these limits. Returns the `cgroup.procs` file of each, and
 * which limits hold: what could not be made is left out.
 */
export function makeGroups(
  name: string,
  { memoryBytes, processes }: GroupLimits,
): { files: string[]; limited: ReadonlySet<Controller> } {
  const files = new Set<string>()
  const limited = new Set<Controller>()
  const hierarchies = findHierarchies()
  for (const controller of CONTROLLERS) {
    const hierarchy = hierarchies[controller]
    if (!hierarchy) continue
    const group = join(hierarchy.folder, PARENT, name)
    try {
      mkdirSync(group, { recursive: true })
      if (hierarchy.version === 2)
        writeFileSync(join(hierarchy.folder, PARENT, 'cgroup.subtree_control'), `+${controller}`)
      if (controller === 'cpu') writeWeight(hierarchy)
      else if (controller === 'pids') writeFileSync(join(group, 'pids.max'), String(processes))
      else writeMemory(group, hierarchy.version, memoryBytes)
      files.add(join(group, 'cgroup.procs'))
      limited.add(controller)
    } catch {
      // It may not be made here.
    }
  }
  return { files: [...files], limited }
}

function writeWeight({ folder, version }: Hierarchy): void {
  const [file, weight] = WEIGHT[version]
  writeFileSync(join(folder, PARENT, file), weight)
}

/** Swap counts as memory, where the kernel counts it. */
function writeMemory(group: string, version: 1 | 2, bytes: number): void {
  if (version === 2) {
    writeFileSync(join(group, 'memory.max'), String(bytes))
    const swap = join(group, 'memory.swap.max')
    if (existsSync(swap)) writeFileSync(swap, '0')
    return
  }
  const both = join(group, 'memory.memsw.limit_in_bytes')
  // Memory alone may never be more than both: lowered first, raised last.
  const limit = join(group, 'memory.limit_in_bytes')
  const hasBoth = existsSync(both)
  const isLowered = Number(readFileSync(limit, 'utf8')) > bytes
  if (hasBoth && !isLowered) writeFileSync(both, String(bytes))
  writeFileSync(limit, String(bytes))
  if (hasBoth && isLowered) writeFileSync(both, String(bytes))
}

/** Not waited for: the kernel takes its time. */
export function joinGroups(files: readonly string[], pid: number): void {
  for (const file of files) {
    // It has ended already, or may not be moved: it runs, or ended, without.
    writeFile(file, String(pid)).catch(() => {})
  }
}

/** The processes of a database's groups, with all that these have started; none where it has no groups. */
export function processesIn(name: string): number[] {
  const { pids, memory, cpu } = findHierarchies()
  const hierarchy = pids ?? memory ?? cpu
  if (!hierarchy || name === '') return []
  try {
    const text = readFileSync(join(hierarchy.folder, PARENT, name, 'cgroup.procs'), 'utf8')
    // 0: one that cannot be seen from here.
    return text
      .split('\n')
      .map(Number)
      .filter((pid) => pid > 0)
  } catch {
    return []
  }
}

/** Removes the groups of a database that has no process any more; without a name that of all, once none is left. */
export async function removeGroups(name = ''): Promise<void> {
  for (const hierarchy of Object.values(findHierarchies())) {
    // There may be none, or another installation's databases are in it.
    await rmdir(join(hierarchy.folder, PARENT, name)).catch(() => {})
  }
}

let found: Hierarchies | undefined

function findHierarchies(): Hierarchies {
  found ??= process.platform === 'linux' ? readHierarchies() : {}
  return found
}

function readHierarchies(): Hierarchies {
  try {
    return parseHierarchies(readFileSync('/proc/self/cgroup', 'utf8'), (folder) => {
      const path = join(folder, 'cgroup.subtree_control')
      return existsSync(path) ? readFileSync(path, 'utf8').split(/\s+/) : []
    })
  } catch {
    return {}
  }
}

/**
 * `text`: `hierarchy:controllers:path`, a line each; version 2 is the line without controllers, where groups can be made
 * for the controllers that are delegated.
 */
export function parseHierarchies(text: string, delegatedIn: (folder: string) => string[]): Hierarchies {
  const lines = text
    .trim()
    .split('\n')
    .map((line) => {
      const [, controllers = '', ...path] = line.split(':')
      return { controllers, path: path.join(':') }
    })
  const unified = lines.find(({ controllers }) => controllers === '')
  const unifiedFolder = unified && join(MOUNT, unified.path)
  const delegated = unifiedFolder === undefined ? [] : delegatedIn(unifiedFolder)
  const hierarchyOf = (controller: Controller): Hierarchy | null => {
    const own = lines.find(({ controllers }) => controllers.split(',').includes(controller))
    if (own) return { folder: join(MOUNT, own.controllers, own.path), version: 1 }
    return unifiedFolder !== undefined && delegated.includes(controller)
      ? { folder: unifiedFolder, version: 2 }
      : null
  }
  return Object.fromEntries(
    CONTROLLERS.flatMap((controller) => {
      const hierarchy = hierarchyOf(controller)
      return hierarchy ? [[controller, hierarchy]] : []
    }),
  )
}
