/** Holds that every test that a SPEC.md names is there: lines of the form "- `file.ts`: title". */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const NAMED = /^- `([^`]+\.ts)`: (.+)$/gm

const specs = execFileSync('git', ['ls-files', '*SPEC.md'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter(Boolean)
let missing = 0
for (const spec of specs) {
  const text = readFileSync(join(root, spec), 'utf8')
  for (const [, file = '', title = ''] of text.matchAll(NAMED)) {
    const path = join(root, dirname(spec), file)
    // A title may hold quotes of its own; in a source it stands between any of the three kinds.
    const source = existsSync(path) ? readFileSync(path, 'utf8').replaceAll("\\'", "'") : null
    if (source?.includes(title)) continue
    missing++
    console.error(`${spec}: there is no test "${title}" in ${file}`)
  }
}
if (missing > 0) process.exitCode = 1
