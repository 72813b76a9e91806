/** What ran in a database for its callers, and whether it is of the shape that the gateway builds. */
import { expectStatus, type TestStack } from './stack.ts'

/** Each request is a transaction of two: its settings, then one statement that answers with one row. */
const FRAMES =
  /^(SELECT WHERE pg_catalog\.concat\(pg_catalog\.set_config\(|SELECT r\.total, r\.page, r\.body, r\.location, |WITH w AS \((INSERT INTO|UPDATE|DELETE FROM|MERGE INTO|SELECT) |WITH f AS MATERIALIZED \(SELECT )/
/** Identifiers and texts, in the order in which they stand: either may hold the other's quote. */
const QUOTED = /"(?:[^"]|"")*"|\bE'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'/g
/** Names that the gateway gives to what it joins, and to the value of a row in a reply. */
const OWN_ALIAS = /^(r\d+|db9 value)$/
/** How Postgres 18 writes the rest of a list of constants: docs of pg_stat_statements. */
const SQUASHED = / \/\*, \.\.\. \*\//g
const SMUGGLED = /;|--|\/\*|\$\$/

/** The texts of the distinct statements that callers ran since the counters began; constants are written as $n. */
export async function callerTexts(stack: TestStack, databaseId: string): Promise<string[]> {
  const { json } = expectStatus(
    200,
    await stack.sql(
      databaseId,
      `select s.query from extensions.pg_stat_statements s join pg_roles r on r.oid = s.userid
       where r.rolname in ('anon', 'authenticated') and s.toplevel`,
    ),
  )
  return json.rows.map(([text]: [string]) => text)
}

/**
 * Why the text is none of the gateway's own; null where it is one. Its quoted identifiers, other than output names, must be among `names`, and
 * what is left without them holds no second statement and no comment.
 */
export function strangeness(text: string, names: ReadonlySet<string>): string | null {
  if (!FRAMES.test(text)) return `begins otherwise: ${text.slice(0, 200)}`
  for (const { 0: token, index } of text.matchAll(QUOTED)) {
    // A name for what comes out is the caller's to choose; being quoted is all that it needs.
    if (!token.startsWith('"') || text.slice(0, index).endsWith(' AS ')) continue
    const name = token.slice(1, -1).replaceAll('""', '"')
    const around = text.slice(Math.max(0, index - 100), index + 100)
    if (!names.has(name) && !OWN_ALIAS.test(name)) return `names ${token}: … ${around}`
  }
  const bare = text.replaceAll(QUOTED, '').replaceAll(SQUASHED, '')
  const at = bare.search(SMUGGLED)
  return at === -1 ? null : `holds more than one statement: … ${bare.slice(Math.max(0, at - 100), at + 100)}`
}
