/**
 * Holds the sources against `imports/rules.ts`: what may import what, and no circles within a part. `pnpm run imports` is part
 * of `pnpm check`.
 */
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findCircles } from './imports/circles.ts'
import { areaOf, judge, type Manifest, partOf } from './imports/judge.ts'
import { AREAS } from './imports/rules.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const IMPORT =
  /(?:^|[\s;])(?:import|export)\s(?:[^'"`;]*?\sfrom\s)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g

function specifiersOf(file: string): string[] {
  const source = readFileSync(join(root, file), 'utf8')
  return [...source.matchAll(IMPORT)].flatMap((match) => match[1] ?? match[2] ?? [])
}

/** What is wrong in a part, a line for each. */
function check(part: string): string[] {
  const manifest = JSON.parse(readFileSync(join(root, part, 'package.json'), 'utf8')) as Manifest
  const options = { cwd: join(root, part), exclude: ['node_modules/**', 'dist/**'] }
  const files = globSync('**/*.ts', options).map((file) => posix.join(part, file))
  const graph = new Map<string, string[]>()
  const refused = files.flatMap((file) => {
    const specifiers = specifiersOf(file)
    if (areaOf(file)) {
      const own = specifiers.filter((specifier) => specifier.startsWith('.'))
      graph.set(
        file,
        own.map((specifier) => posix.join(posix.dirname(file), specifier)),
      )
    }
    return specifiers.flatMap((specifier) => {
      const reason = judge({ file, specifier, manifest })
      return reason === null ? [] : [`${file} imports "${specifier}": ${reason}`]
    })
  })
  const circles = findCircles(graph).map((circle) => `these import each other: ${circle.join(', ')}`)
  return [...refused, ...circles]
}

const problems = [...new Set(AREAS.map(({ folder }) => partOf(folder)))].flatMap(check)
for (const problem of problems) console.error(problem)
if (problems.length > 0) {
  console.error(`${problems.length} break the rules of tools/imports/rules.ts.`)
  process.exitCode = 1
}
