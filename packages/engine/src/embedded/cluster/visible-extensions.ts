/** The extensions that a database's owner is offered: those of the install, less the languages that reach beyond SQL. */

import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { EngineError } from '../../errors.ts'
import type { PostgresInstall } from './postgres-install.ts'

/**
 * Languages that run code of another interpreter, and what goes with them. Their flaws are flaws of every database that has
 * them (CVE-2026-116323 and CVE-2026-14670, for example), and most of them need libraries that are not there.
 */
const HIDDEN = /^pl(?:perl|tcl|python)|_pl(?:perl|tcl|python)/

/** Below an install's folder, or at a place of its own in Debian's packages. */
const SHARE_FOLDERS = ['share/postgresql/extension', 'share/extension', 'share/postgresql@18/extension']

/**
 * Makes the folder that `extension_control_path` names (docs: "Client Connection Defaults"): links to the files of the
 * install. Named by what is in it, so that another release or another selection makes its own.
 */
export function ensureVisibleExtensions(install: PostgresInstall, dataFolder: string): string {
  const source = findSource(install)
  const names = readdirSync(source).filter((name) => !HIDDEN.test(name))
  const digest = createHash('sha256')
    .update(JSON.stringify([source, names]))
    .digest('hex')
    .slice(0, 12)
  const folder = join(dataFolder, `extensions-${digest}`)
  if (existsSync(folder)) return folder
  const draft = `${folder}.tmp`
  rmSync(draft, { recursive: true, force: true })
  mkdirSync(join(draft, 'extension'), { recursive: true })
  for (const path of [draft, join(draft, 'extension')]) chmodSync(path, 0o755)
  for (const name of names) symlinkSync(join(source, name), join(draft, 'extension', name))
  renameSync(draft, folder)
  return folder
}

function findSource({ folder, folders }: PostgresInstall): string {
  const candidates = [
    ...SHARE_FOLDERS.map((path) => join(folder, path)),
    ...folders.map((path) => join(path, 'extension')),
  ]
  const found = candidates.find(existsSync)
  if (found) return found
  throw new EngineError('unsupported', `the PostgreSQL in ${folder} has no folder of extensions`)
}
