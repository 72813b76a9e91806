/**
 * Refuses words that GLOSSARY.md has better ones for, in file names, identifiers and comments, and files that do not begin
 * with a line that says what they are. `pnpm run words` is part of `pnpm check`.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** As whole words, or as parts of camel case and kebab case names. */
const REFUSED: Readonly<Record<string, string>> = {
  attendance: 'client handle',
  distrust: 'discard all',
  door: 'entry, middleware, route or listener',
  errand: 'checkout request',
  farewell: 'shutdown notice',
  foul: 'poisoned',
  gunner: 'sender',
  keeper: 'scheduler',
  lane: 'coalescer or queue',
  mischief: 'malformed input',
  upkeep: 'maintenance',
  visitor: 'caller or client',
  volley: 'burst',
  wish: 'session target',
  workshop: 'build folder',
}

/** Words that turn a rule round and leave out who does it; in comments alone. */
const VAGUE = ['whoever', 'anybody', 'nobody'] as const

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const SOURCES = /\.(ts|mjs|pl|js)$/
/** What is not ours to name, and this list. */
const LEFT_OUT = /^(tools\/check-words\.ts|bench\/peers\/|packages\/query\/src\/testing\/timezone-names)/

interface Finding {
  file: string
  line: number
  word: string
  instead: string
}

function findIn(file: string): Finding[] {
  const inName = Object.keys(REFUSED).filter((word) => partsOf(file).includes(word))
  const named = inName.map((word) => ({ file, line: 0, word, instead: REFUSED[word] ?? '' }))
  const lines = readFileSync(join(root, file), 'utf8').split('\n')
  return [...named, ...lines.flatMap((text, i) => findInLine(file, text, i + 1))]
}

function findInLine(file: string, text: string, line: number): Finding[] {
  const parts = new Set(partsOf(text.replaceAll(/'[^']*'|"[^"]*"|`[^`]*`/g, '')))
  const refused = Object.entries(REFUSED)
    .filter(([word]) => parts.has(word) || parts.has(`${word}s`))
    .map(([word, instead]) => ({ file, line, word, instead }))
  const comment = /^\s*(?:\/\*\*?|\*|\/\/|#)(.*)/.exec(text)?.[1] ?? ''
  const words = new Set(comment.toLowerCase().split(/[^a-z]+/))
  const vague = VAGUE.filter((word) => words.has(word)).map((word) => ({
    file,
    line,
    word,
    instead: 'the one who does it',
  }))
  return [...refused, ...vague]
}

/** `firstVisitor`, `first-visitor` and `first visitor` are two words each. */
function partsOf(text: string): string[] {
  return text
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/)
}

/** A file begins with a line that says what it is. */
function lacksFirstLine(file: string): boolean {
  if (!file.endsWith('.ts') || /\.test\.ts$|\.config\.ts$|\/testing\//.test(file)) return false
  return !/^(?:\/\*|\/\/|#!)/.test(readFileSync(join(root, file), 'utf8'))
}

const files = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((file) => SOURCES.test(file) && !LEFT_OUT.test(file))
const findings = files.flatMap(findIn)
for (const file of files.filter(lacksFirstLine)) {
  process.stderr.write(`${file}: begins without a line that says what it is\n`)
  process.exitCode = 1
}
for (const { file, line, word, instead } of findings) {
  process.stderr.write(`${file}:${line}: "${word}": write ${instead}\n`)
}
if (findings.length > 0) {
  process.stderr.write(`${findings.length} words that GLOSSARY.md has better ones for\n`)
  process.exitCode = 1
}
