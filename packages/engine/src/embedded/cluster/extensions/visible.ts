/**
 * The folder of extensions that servers are shown: what an owner may create, and nothing else. It has links to the files of
 * the install, control files of ours for what we have looked through (`audited.ts`), extensions of our own (`stubs.ts`), and
 * copies of those that the operator adds.
 */

import { createHash } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { EngineError } from '../../../errors.ts'
import type { PostgresInstall } from '../postgres-install.ts'
import { LANGUAGES, TRUSTED_CONTRIB, TRUSTED_EXTERNAL } from './audited.ts'
import { filesOf, OWN_EXTENSIONS } from './stubs.ts'

/** Below an install's folder, or at a place of its own in Debian's packages. */
const SHARE_FOLDERS = ['share/postgresql/extension', 'share/extension', 'share/postgresql@18/extension']

/** Where an added root has control files and libraries: our own layout, an install's, and an unpacked package of Debian's. */
const ROOT_LAYOUTS = [
  { share: 'share/extension', lib: 'lib' },
  { share: 'share/postgresql/extension', lib: 'lib/postgresql' },
  { share: 'usr/share/postgresql/18/extension', lib: 'usr/lib/postgresql/18/lib' },
] as const

/** Where a file of the folder comes from. */
type Source = { kind: 'link'; path: string } | { kind: 'copy'; path: string } | { kind: 'text'; text: string }

/** By its path in the folder. */
type Files = Map<string, Source>

/**
 * Makes the folder that `extension_control_path` and `dynamic_library_path` name (docs: "Client Connection Defaults"). Named
 * by what is in it, so that another release or another selection makes its own. `roots` are those of `DB9_EXTENSIONS`.
 */
export function ensureVisibleExtensions(
  install: PostgresInstall,
  dataFolder: string,
  roots: readonly string[],
): string {
  const files: Files = new Map([...ofInstall(findSource(install)), ...roots.flatMap(ofRoot), ...ofOurs()])
  const digest = createHash('sha256')
  for (const [path, source] of files) digest.update(JSON.stringify([path, source, stampOf(source)]))
  const folder = join(dataFolder, `extensions-${digest.digest('hex').slice(0, 12)}`)
  if (existsSync(folder)) return folder
  const draft = `${folder}.tmp`
  rmSync(draft, { recursive: true, force: true })
  for (const path of [draft, join(draft, 'extension'), join(draft, 'lib')]) {
    mkdirSync(path, { recursive: true })
    chmodSync(path, 0o755)
  }
  for (const [path, source] of files) place(source, join(draft, path))
  renameSync(draft, folder)
  return folder
}

function ofInstall(folder: string): [string, Source][] {
  const names = readdirSync(folder).filter((name) => !LANGUAGES.test(name))
  return names.flatMap((name): [string, Source][] => {
    const path = join(folder, name)
    if (!name.endsWith('.control')) return [[inFolder(name), { kind: 'link', path }]]
    if (TRUSTED_CONTRIB.has(basename(name, '.control'))) return [[inFolder(name), trusted(path)]]
    return mayCreate(readFileSync(path, 'utf8')) ? [[inFolder(name), { kind: 'link', path }]] : []
  })
}

/** Whether anyone but a superuser may create it. */
function mayCreate(control: string): boolean {
  return /^\s*(?:trusted\s*=\s*'?(?:true|on|yes|1)|superuser\s*=\s*'?(?:false|off|no|0))/im.test(control)
}

/** Throws `unsupported` for a root that has no extension of the list. */
function ofRoot(root: string): [string, Source][] {
  const found = ROOT_LAYOUTS.flatMap(({ share, lib }): [string, Source][] => {
    const folder = join(root, share)
    if (!existsSync(folder)) return []
    const names = [...TRUSTED_EXTERNAL].filter((name) => existsSync(join(folder, `${name}.control`)))
    return names.flatMap((name) => [
      [inFolder(`${name}.control`), trusted(join(folder, `${name}.control`))],
      ...copies(folder, 'extension', (file) => file.startsWith(`${name}--`) && file.endsWith('.sql')),
      ...copies(join(root, lib), 'lib', (file) => new RegExp(`^${name}\\.(?:so|dylib)$`).test(file)),
    ])
  })
  if (found.length > 0) return found
  const known = [...TRUSTED_EXTERNAL].join(', ')
  throw new EngineError('unsupported', `DB9_EXTENSIONS names ${root}, which has none of: ${known}`)
}

function copies(folder: string, into: string, isWanted: (file: string) => boolean): [string, Source][] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter(isWanted)
    .map((file) => [join(into, file), { kind: 'copy', path: join(folder, file) }])
}

function ofOurs(): [string, Source][] {
  return OWN_EXTENSIONS.flatMap((each) => Object.entries(filesOf(each))).map(([name, text]) => [
    inFolder(name),
    { kind: 'text', text },
  ])
}

/** The control file, less what it says of who may create it. */
function trusted(path: string): Source {
  const lines = readFileSync(path, 'utf8').split('\n')
  const kept = lines.filter((line) => !/^\s*(?:trusted|superuser|directory)\s*=/i.test(line))
  return { kind: 'text', text: [...kept, 'trusted = true', ''].join('\n') }
}

const inFolder = (name: string) => join('extension', name)

/** Of a file that is copied, so that a newer one is. */
function stampOf(source: Source): string | null {
  if (source.kind !== 'copy') return null
  return createHash('sha256').update(readFileSync(source.path)).digest('hex')
}

function place(source: Source, path: string): void {
  if (source.kind === 'link') symlinkSync(source.path, path)
  else {
    if (source.kind === 'copy') copyFileSync(source.path, path)
    else writeFileSync(path, source.text)
    chmodSync(path, 0o644)
  }
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
