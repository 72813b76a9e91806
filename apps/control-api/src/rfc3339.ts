/** Moments as the REST API writes them. */

/** RFC 3339, or null as it is. */
export function toText(moment: Date | null): string | null {
  return moment?.toISOString() ?? null
}
