/** Texts that Postgres can hold: without NUL, and with whole surrogate pairs (docs: "JSON Types", "Character Types"). */

/** Whether all texts in a JSON value, names included, can be stored. Not recursive, since a value may be nested deeply. */
export function isStorable(value: unknown): boolean {
  const left: unknown[] = [value]
  while (left.length > 0) {
    const next = left.pop()
    if (typeof next === 'string' && (!next.isWellFormed() || next.includes('\0'))) return false
    if (typeof next !== 'object' || next === null) continue
    for (const [name, each] of Object.entries(next)) left.push(name, each)
  }
  return true
}
