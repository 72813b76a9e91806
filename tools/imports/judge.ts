/** Judges one import by the tables of `rules.ts`. Pure. */
import { posix } from 'node:path'
import { AREAS, type Area, FOLDERS } from './rules.ts'

export interface Manifest {
  dependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
  devDependencies?: Record<string, string>
}

export interface Import {
  /** From the root of the checkout, with slashes. */
  file: string
  specifier: string
  /** The package.json of the file's part. */
  manifest: Manifest
}

const APPS: ReadonlySet<string> = new Set(
  AREAS.flatMap(({ folder }) => (folder.startsWith('apps/') ? [`@db9/${folder.split('/')[1]}`] : [])),
)
const COMPOSER = 'apps/local'

/** The folder of a part: the first two names of a path. */
export function partOf(file: string): string {
  return file.split('/').slice(0, 2).join('/')
}

/** The area that a file is a source of; null for tests and scripts. */
export function areaOf(file: string): Area | null {
  if (/\.test\.ts$|\/testing\//.test(file)) return null
  return AREAS.find(({ folder }) => file.startsWith(`${folder}/`)) ?? null
}

/** Why the import is not allowed, or null where it is. */
export function judge({ file, specifier, manifest }: Import): string | null {
  const area = areaOf(file)
  if (specifier.startsWith('.')) return judgeRelative(file, area, specifier)
  if (specifier.startsWith('node:')) {
    return area?.node === false ? `this does not run on Node alone: ${area.why}` : null
  }
  if (specifier.startsWith('cloudflare:')) {
    return partOf(file) === 'apps/gateway' ? null : 'only the gateway runs on Workers'
  }
  // Not a module: workerd's schema, which the configuration that build.ts writes imports.
  if (specifier === '/workerd/workerd.capnp') return null
  return judgePackage(file, area, packageOf(specifier), manifest)
}

function judgeRelative(file: string, area: Area | null, specifier: string): string | null {
  const target = posix.join(posix.dirname(file), specifier)
  if (!target.startsWith(`${partOf(file)}/`)) return 'it leaves its own part'
  if (!area) return null
  // The file that a folder of sources shares with the scripts beside it: what builds the Worker.
  if (area.folder === 'apps/gateway/launch' && target === 'apps/gateway/build.ts') return null
  if (!target.startsWith(`${area.folder}/`)) return `it leaves ${area.folder}: ${area.why}`
  for (const { path, mayImport, why } of FOLDERS) {
    if (!isWithin(file, path)) continue
    const allowed = [path, ...mayImport.map((each) => `${area.folder}/${each}`)]
    if (!allowed.some((each) => isWithin(target, each))) return why
  }
  return null
}

function judgePackage(file: string, area: Area | null, name: string, manifest: Manifest): string | null {
  if (APPS.has(name) && partOf(file) !== COMPOSER) return `only ${COMPOSER} imports apps`
  const declared = { ...manifest.dependencies, ...manifest.optionalDependencies }
  if (!area) {
    const isThere = name in { ...declared, ...manifest.devDependencies } || name === 'vitest'
    return isThere ? null : 'it is not in package.json'
  }
  if (name.startsWith('@db9/')) return area.parts.includes(name) ? null : `it is another part: ${area.why}`
  if (area.packages !== 'dependencies' && !area.packages.includes(name)) {
    return `it is a package that ${area.folder} may not import: ${area.why}`
  }
  return name in declared ? null : 'it is not in the dependencies of package.json'
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`)
}
