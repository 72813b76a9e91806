import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const MOUNT = '/sys/fs/cgroup'
const NAME = 'db9'

/** Where the kernel divides the processors among groups of processes, and how a group's weight is written there. */
interface Controller {
  folder: string
  weightFile: string
  /** For all databases together: twice what any other process has, and no more however many sessions they run. */
  weight: string
  /** Has to be written before groups below a group can have weights. */
  delegate: boolean
}

/**
 * A database's processes as one group, so that a database with fifty busy sessions gets no more of the processors than
 * one with a single session. Works where groups may be made: as root, or in a delegated subtree. Elsewhere there are
 * none, and databases run as before (docs: cgroups(7), "cpu" of version 1, "cpu" of version 2).
 */
export async function joinCpuGroup(group: string, pid: number): Promise<void> {
  const controller = findController()
  if (!controller) return
  const all = join(controller.folder, NAME)
  try {
    await mkdir(join(all, group), { recursive: true })
    await writeFile(join(all, controller.weightFile), controller.weight)
    if (controller.delegate) await writeFile(join(all, 'cgroup.subtree_control'), '+cpu')
    await writeFile(join(all, group, 'cgroup.procs'), String(pid))
  } catch {
    // Not ours to make, or the process has ended: it runs, or ended, without.
  }
}

/** Removes the group of a database that has no process any more; without a name, that of all, once none is left. */
export async function leaveCpuGroup(group = ''): Promise<void> {
  const controller = findController()
  // There may be none, or another installation's databases are in it.
  if (controller) await rmdir(join(controller.folder, NAME, group)).catch(() => {})
}

let found: Controller | null | undefined

function findController(): Controller | null {
  if (found === undefined) found = process.platform === 'linux' ? readController() : null
  return found
}

function readController(): Controller | null {
  try {
    // hierarchy:controllers:path, a line each; version 2 is the line without controllers.
    const lines = readFileSync('/proc/self/cgroup', 'utf8').split('\n')
    const groups = lines.map((line) => {
      const [, controllers = '', ...path] = line.split(':')
      return { controllers, path: path.join(':') }
    })
    const first = groups.find(({ controllers }) => controllers.split(',').includes('cpu'))
    if (first) {
      const folder = join(MOUNT, first.controllers, first.path)
      return { folder, weightFile: 'cpu.shares', weight: '2048', delegate: false }
    }
    const folder = join(MOUNT, groups.find(({ controllers }) => controllers === '')?.path ?? '')
    const isDelegated =
      existsSync(join(folder, 'cgroup.subtree_control')) &&
      readFileSync(join(folder, 'cgroup.subtree_control'), 'utf8').split(/\s+/).includes('cpu')
    return isDelegated ? { folder, weightFile: 'cpu.weight', weight: '200', delegate: true } : null
  } catch {
    return null
  }
}
