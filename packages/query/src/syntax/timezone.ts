/**
 * What `Prefer: timezone` may be.
 *
 * A name that is no file of Postgres' is read as a POSIX zone (pgtz.c `pg_tzset`, localtime.c `tzparse`): an abbreviation,
 * which a caller may make up, then an offset. It ends at a digit, a sign, a comma or the `>` of `<…>`, a slash is part of
 * it, and no zone is without a digit. Before 18.6 `to_char` writes an abbreviation of any length into 24 bytes
 * (CVE-2026-14669), and before 18.4 `timeofday` takes it for a part of its format (CVE-2026-6474).
 */
import { errors } from '../errors.ts'

/** In bytes, as the abbreviation is written; PostgREST 16 takes no more characters either. */
const MAX_LENGTH = 24

/** Characters of names and of POSIX zones, one byte each. */
const CHARACTERS = /^[\w+\-/:.,<>]*$/

/** Without a digit it is the name of a file, or of nothing. */
const NAME = /^[a-z_+\-/]*$/i

/** Throws PGRST129, or 22023 as Postgres does, where the zone is not to reach Postgres. */
export function assertTimezone(zone: string): void {
  if (zone.length > MAX_LENGTH && !NAME.test(zone)) throw errors.timezoneTooLong()
  if (!CHARACTERS.test(zone)) throw errors.timezone(zone)
}
