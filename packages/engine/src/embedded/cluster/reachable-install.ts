/** Finds or makes an install of PostgreSQL that servers' users can run. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { EngineError } from '../../errors.ts'
import { type Isolation, NOTHING_SHOWN, toLaunch } from '../sandbox/sandbox.ts'
import { openForPassage, SYSTEM_FOLDER } from './own-folders.ts'
import type { PostgresInstall } from './postgres-install.ts'
import type { ServerIds } from './users.ts'

/** What starts programs as a server's user. */
export interface Runner {
  isolation: Isolation
  sandboxRoot: string
  ids: ServerIds
}

/** The install itself, or a copy below `systemFolder` where servers' users cannot run it where it is. */
export function reachableInstall(
  install: PostgresInstall,
  runner: Runner,
  onProgress: (text: string) => void,
  systemFolder: string = SYSTEM_FOLDER,
): PostgresInstall {
  if (canRun(install, runner)) return install
  const folder = join(systemFolder, 'bundles', install.version)
  const copy = { ...install, folder, folders: [folder] }
  if (canRun(copy, runner)) return copy
  onProgress(`copying PostgreSQL to ${folder}, since the servers' users cannot reach ${install.folder}`)
  const draft = `${folder}.tmp`
  for (const path of [draft, folder]) rmSync(path, { recursive: true, force: true })
  openForPassage(systemFolder)
  openForPassage(dirname(folder))
  execFileSync('cp', ['-RPp', install.folder, draft])
  execFileSync('chmod', ['-R', 'a+rX', draft])
  renameSync(draft, folder)
  if (canRun(copy, runner)) return copy
  throw new EngineError('failed', `the servers' users cannot run ${join(folder, 'bin', 'postgres')}`)
}

function canRun({ folder, folders }: PostgresInstall, { isolation, sandboxRoot, ids }: Runner): boolean {
  const binary = join(folder, 'bin', 'postgres')
  if (!existsSync(binary)) return false
  const programs = folders.map((path) => ({ source: path, path }))
  const spec = { ...NOTHING_SHOWN, ids, root: sandboxRoot, programs }
  const { file, args, options } = toLaunch(isolation, spec, { file: binary, args: ['--version'] })
  const env = { LD_LIBRARY_PATH: join(folder, 'lib') }
  return spawnSync(file, args, { ...options, cwd: '/', env }).status === 0
}
