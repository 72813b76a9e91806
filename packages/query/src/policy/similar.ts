/** The least similarity at which a name is worth suggesting. */
const THRESHOLD = 0.5

/** The name most like `name` by the pairs of letters they share (Dice), or null where none is alike. */
export function closest(name: string, names: readonly string[]): string | null {
  let best: string | null = null
  let bestScore = THRESHOLD
  const pairs = pairsOf(name)
  for (const candidate of names) {
    const score = similarity(pairs, pairsOf(candidate))
    if (score < 1 && score >= bestScore) {
      best = candidate
      bestScore = score
    }
  }
  return best
}

function pairsOf(text: string): Set<string> {
  const padded = `-${text.toLowerCase()}-`
  const pairs = new Set<string>()
  for (let i = 0; i < padded.length - 1; i++) pairs.add(padded.slice(i, i + 2))
  return pairs
}

function similarity(left: ReadonlySet<string>, right: ReadonlySet<string>): number {
  let shared = 0
  for (const pair of left) if (right.has(pair)) shared += 1
  return (2 * shared) / (left.size + right.size)
}
