/** Moments as the REST API writes them. */

/** RFC 3339, or null as it is. */
export function toText(moment: Date | null): string | null {
  return moment?.toISOString() ?? null
}

/** A moment to the microsecond. */
export interface ExactMoment {
  at: Date
  /** Beyond the milliseconds of `at`. */
  micros: number
  /** RFC 3339 in UTC, as short as it is exact. */
  text: string
}

/** Reads RFC 3339; null where it says more than microseconds. */
export function parseExact(text: string): ExactMoment | null {
  const digits = (/\.(\d+)/.exec(text)?.[1] ?? '').padEnd(6, '0')
  if (/[1-9]/.test(digits.slice(6))) return null
  const at = new Date(text)
  const beyond = digits.slice(3, 6)
  const micros = Number(beyond)
  return { at, micros, text: micros === 0 ? at.toISOString() : at.toISOString().replace('Z', `${beyond}Z`) }
}
