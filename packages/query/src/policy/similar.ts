/*
 * Suggestions, as those make them whose errors these are: PostgREST's for relations and functions (the algorithm of
 * fuzzyset.js: shared grams find candidates, edit distance ranks them), Postgres' for columns (parse_relation.c).
 */

/** The least score at which the name of a relation or function is suggested: a name is not to be guessed at. */
export const NAME_SCORE = 0.75
/** The same for what stands beside a name that was found. */
export const NEAR_SCORE = 0.33

/** What is longer is no slip of the hand, and would take long to compare. */
const MAX_LENGTH = 128
const MAX_CANDIDATES = 50
const GRAM_SIZES = [3, 2]

/** The name most like `name`, or null where none reaches `leastScore` (1: the same but for case). */
export function closest(name: string, names: readonly string[], leastScore: number): string | null {
  const wanted = name.toLowerCase()
  if (wanted.length > MAX_LENGTH) return null
  const same = names.find((candidate) => candidate.toLowerCase() === wanted)
  if (same !== undefined) return same
  for (const size of GRAM_SIZES) {
    const [best] = candidatesOf(wanted, names, size)
      .map((candidate) => ({ candidate, score: editScore(wanted, candidate.toLowerCase()) }))
      .filter(({ score }) => score >= leastScore)
      .toSorted((left, right) => right.score - left.score)
    if (best !== undefined) return best.candidate
  }
  return null
}

/** Names that share a gram with the wanted one, the likest first. */
function candidatesOf(wanted: string, names: readonly string[], size: number): string[] {
  const grams = gramsOf(wanted, size)
  return names
    .map((candidate) => ({ candidate, score: cosine(grams, gramsOf(candidate.toLowerCase(), size)) }))
    .filter(({ score }) => score > 0)
    .toSorted((left, right) => right.score - left.score)
    .slice(0, MAX_CANDIDATES)
    .map(({ candidate }) => candidate)
}

function gramsOf(text: string, size: number): Map<string, number> {
  const padded = `-${text.replace(/[^\p{L}\p{N}, ]/gu, '')}-`.padEnd(size, '-')
  const grams = new Map<string, number>()
  for (let i = 0; i + size <= padded.length; i++) {
    const gram = padded.slice(i, i + size)
    grams.set(gram, (grams.get(gram) ?? 0) + 1)
  }
  return grams
}

function cosine(left: ReadonlyMap<string, number>, right: ReadonlyMap<string, number>): number {
  let dot = 0
  for (const [gram, count] of left) dot += count * (right.get(gram) ?? 0)
  return dot === 0 ? 0 : dot / (lengthOf(left) * lengthOf(right))
}

function lengthOf(grams: ReadonlyMap<string, number>): number {
  return Math.sqrt([...grams.values()].reduce((sum, count) => sum + count * count, 0))
}

function editScore(left: string, right: string): number {
  return 1 - editDistance(left, right) / Math.max(left.length, right.length, 1)
}

/** Levenshtein's distance, by Wagner and Fischer's table of which two rows are kept. */
function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, i) => i)
  for (let i = 1; i <= left.length; i++) {
    const row = [i]
    for (let j = 1; j <= right.length; j++) {
      const substituted = (previous[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1)
      row.push(Math.min(substituted, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1))
    }
    previous = row
  }
  return previous[right.length] ?? 0
}

const MAX_COLUMN_DISTANCE = 3

/** One or two columns that may have been meant; none where more than two are as near, or none is near. */
export function closestColumns(name: string, columns: Iterable<string>): string[] {
  if (name.length > MAX_LENGTH) return []
  let best = MAX_COLUMN_DISTANCE + 1
  let found: string[] = []
  for (const column of columns) {
    const distance = editDistance(column, name)
    if (distance > name.length / 2 || distance > best) continue
    if (distance < best) found = [column]
    else if (distance <= MAX_COLUMN_DISTANCE) found = found.length === 2 ? [] : [...found, column]
    best = distance
  }
  return found
}
