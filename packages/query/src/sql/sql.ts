/**
 * SQL text is built by this file's functions alone: literal text of our own, quoted identifiers, and numbers of bound
 * parameters. A plain string does not fit where `Sql` is asked for, so values cannot slip in.
 */

declare const isSql: unique symbol
export type Sql = string & { readonly [isSql]: true }

/** A template whose literal parts are ours and whose other parts are SQL already. */
export function sql(strings: TemplateStringsArray, ...parts: readonly Sql[]): Sql {
  let text = strings[0] ?? ''
  for (let i = 0; i < parts.length; i++) text += `${parts[i]}${strings[i + 1]}`
  return text as Sql
}

export const EMPTY = sql``

/** A quoted identifier. Postgres cuts names at 63 bytes, so callers look names up before they quote them. */
export function ident(name: string): Sql {
  return `"${name.includes('"') ? name.replaceAll('"', '""') : name}"` as Sql
}

export function qualifiedIdent(name: { schema: string; name: string }): Sql {
  return sql`${ident(name.schema)}.${ident(name.name)}`
}

export function joinSql(parts: readonly Sql[], separator: Sql): Sql {
  return parts.join(separator) as Sql
}

export function list(parts: readonly Sql[]): Sql {
  return joinSql(parts, sql`, `)
}

/** A whole number of our own: the position of an output column, a cap. */
export function numberSql(number: number): Sql {
  if (!Number.isSafeInteger(number)) throw new TypeError('SQL takes whole numbers')
  return String(number) as Sql
}

/** An SQLSTATE as a literal. */
export function sqlState(code: string): Sql {
  if (!/^[0-9A-Z]{5}$/.test(code)) throw new TypeError('an SQLSTATE has five characters')
  return `'${code}'` as Sql
}

/** An expression of the catalog: Postgres printed it from its own tree, so it is well-formed SQL. */
export function catalogExpression(text: string): Sql {
  return `(${text})` as Sql
}

/** The parameters of one statement, numbered in the order in which they are bound. */
export class Params {
  readonly values: (string | null)[] = []

  bind(value: string | number | null): Sql {
    this.values.push(value === null ? null : String(value))
    return `$${this.values.length}` as Sql
  }
}

/** The text form of an array of texts. */
export function toArrayLiteral(values: readonly (string | null)[]): string {
  const items = values.map((value) => (value === null ? 'NULL' : `"${value.replace(/["\\]/g, '\\$&')}"`))
  return `{${items.join(',')}}`
}
