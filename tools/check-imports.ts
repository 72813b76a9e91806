/**
 * Holds the table "what may import what" of ARCHITECTURE.md. Sources may import their own files, Node's modules where
 * the part runs on Node, packages that their package.json names, and the parts listed here; tests and scripts may also
 * import devDependencies.
 */
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findCircles } from './circles.ts'

interface Rule {
  /** Parts of this workspace that sources may import. */
  parts: readonly string[]
  /** Whether sources may import packages from npm: those in `dependencies`, or only the ones named. */
  packages: 'dependencies' | readonly string[]
  node: boolean
}

const RULES: Record<string, Rule> = {
  'packages/types': { parts: [], packages: ['zod'], node: false },
  'packages/process': { parts: [], packages: 'dependencies', node: true },
  'packages/query': { parts: [], packages: [], node: false },
  'packages/postgres': { parts: [], packages: 'dependencies', node: true },
  'packages/internal-api': { parts: ['@db9/types'], packages: [], node: false },
  'packages/engine': {
    parts: ['@db9/postgres', '@db9/process', '@db9/types'],
    packages: 'dependencies',
    node: true,
  },
  'apps/gateway': {
    parts: ['@db9/internal-api', '@db9/postgres', '@db9/query', '@db9/types'],
    packages: 'dependencies',
    node: false,
  },
  'apps/control-api': {
    parts: ['@db9/engine', '@db9/internal-api', '@db9/postgres', '@db9/process', '@db9/types'],
    packages: 'dependencies',
    node: true,
  },
  'apps/data-proxy': {
    parts: ['@db9/internal-api', '@db9/postgres', '@db9/process', '@db9/types'],
    packages: 'dependencies',
    node: true,
  },
  'apps/local': {
    parts: [
      '@db9/control-api',
      '@db9/data-proxy',
      '@db9/engine',
      '@db9/gateway',
      '@db9/internal-api',
      '@db9/process',
      '@db9/types',
    ],
    packages: 'dependencies',
    node: true,
  },
}

/** Folders whose sources may import, of their own part, only these folders. */
const FOLDERS: Record<string, readonly string[]> = {
  // Jobs know rows and steps, and no resource and no HTTP.
  'apps/control-api/src/jobs': ['apps/control-api/src/jobs', 'apps/control-api/src/metadata'],
}

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const IMPORT =
  /(?:^|[\s;])(?:import|export)\s(?:[^'"`;]*?\sfrom\s)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g

interface Manifest {
  dependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
  devDependencies?: Record<string, string>
}

function specifiersOf(source: string): string[] {
  return [...source.matchAll(IMPORT)].flatMap((match) => match[1] ?? match[2] ?? [])
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

function isSourceFile(file: string): boolean {
  return file.startsWith(`src${sep}`) && !/\.test\.ts$|(^|[/\\])testing[/\\]/.test(file)
}

/** Why the import is not allowed, or null where it is. */
function refusal(
  part: string,
  rule: Rule,
  file: string,
  specifier: string,
  manifest: Manifest,
): string | null {
  const isSource = isSourceFile(file)
  if (specifier.startsWith('.')) {
    const target = resolve(root, part, dirname(file), specifier)
    if (!target.startsWith(join(root, part) + sep)) return 'leaves its own folder'
    const allowed = isSource ? FOLDERS[dirname(join(part, file))] : undefined
    return !allowed || allowed.includes(dirname(relative(root, target))) ? null : 'is in another folder'
  }
  if (specifier.startsWith('node:'))
    return rule.node || !isSource ? null : 'this part does not run on Node alone'
  if (specifier.startsWith('cloudflare:'))
    return part === 'apps/gateway' ? null : 'only the gateway runs on Workers'
  // Not a module: workerd's schema, which the configuration that build.ts writes imports.
  if (specifier === '/workerd/workerd.capnp') return null
  const name = packageOf(specifier)
  const declared = { ...manifest.dependencies, ...manifest.optionalDependencies }
  if (!isSource) {
    return name in { ...declared, ...manifest.devDependencies } || name === 'vitest'
      ? null
      : 'is not in package.json'
  }
  if (name.startsWith('@db9/'))
    return rule.parts.includes(name) ? null : 'is a part that this one may not import'
  if (rule.packages !== 'dependencies' && !rule.packages.includes(name))
    return 'this part may not import packages'
  return name in declared ? null : 'is not in the dependencies of package.json'
}

/** The files of the part that `file` imports. */
function relativeImportsOf(part: string, file: string): string[] {
  const text = readFileSync(join(root, part, file), 'utf8')
  return specifiersOf(text)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => relative(join(root, part), resolve(root, part, dirname(file), specifier)))
}

const circlesByPart = new Map<string, string[][]>()
let refused = 0
let checked = 0
for (const [part, rule] of Object.entries(RULES)) {
  const manifest = JSON.parse(readFileSync(join(root, part, 'package.json'), 'utf8')) as Manifest
  const files = globSync('**/*.ts', { cwd: join(root, part), exclude: ['node_modules/**', 'dist/**'] })
  const graph = new Map<string, string[]>()
  for (const file of files) {
    if (isSourceFile(file)) graph.set(file, relativeImportsOf(part, file))
    for (const specifier of specifiersOf(readFileSync(join(root, part, file), 'utf8'))) {
      checked++
      const reason = refusal(part, rule, file, specifier, manifest)
      if (reason === null) continue
      refused++
      console.error(`${relative(root, join(root, part, file))}: imports "${specifier}": ${reason}`)
    }
  }
  circlesByPart.set(part, findCircles(graph))
}
for (const [part, circles] of circlesByPart) {
  for (const circle of circles) console.error(`${part}: these import each other: ${circle.join(', ')}`)
  if (circles.length > 0) process.exitCode = 1
}
if (refused > 0) {
  console.error(`${refused} of ${checked} imports break the rules of ARCHITECTURE.md.`)
  process.exit(1)
}
