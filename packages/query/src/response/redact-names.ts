/** Names in the texts of Postgres' errors. */
import type { ShownNames } from '../policy/shown-names.ts'
import type { PostgresFields } from './postgres-fields.ts'

export const HIDDEN = '(not exposed)'

/** Kinds of objects whose names are not quoted (aclchk.c, `aclcheck_error`). */
const DENIED =
  /^((?:permission denied for|must be owner of) (?:(?:foreign|materialized|large|event|text|statistics|user) )?(?:access method|aggregate|collation|column|conversion|database|domain|trigger|extension|data wrapper|server|table|function|index|language|object|view|operator(?: class| family)?|parameter|policy|procedure|publication|relation|routine|rule|schema|sequence|subscription|tablespace|search configuration|search dictionary|type|mapping|foreign-data wrapper) )(.+)$/s
/** `function f(integer)`, `column t.c`, `operator does not exist: integer = text`: nothing is quoted in these either. */
const UNQUOTED = [
  /^((?:function|procedure|routine|aggregate) )(.+)( (?:does not exist|is not unique))$/s,
  /^(column )([^"]+)( does not exist)$/s,
  /^(operator (?:does not exist|is not unique): )(.+)()$/s,
]
const NAME = String.raw`(?:"[^"]*"|[\p{L}_][\p{L}\p{N}_$]*)`
/** As `format_type` writes a type: with its schema where that is not on the search path. */
const TYPE = new RegExp(String.raw`\b((?:types?|domain|enum) )(${NAME}(?:\.${NAME})?)`, 'gu')
/** Names in what is not quoted, each with what it is in. */
const WORD = new RegExp(String.raw`${NAME}(?:\.${NAME})*`, 'gu')
const POLICY = /policy "(?:.*)" for table "(.*)"$/s
const SETTING = /^unrecognized configuration parameter "/
const QUOTED = /"([^"]*)"/g

/** Leaves names that may be told, and puts `HIDDEN` in the place of all others. */
export class NameRedaction {
  readonly #names: ShownNames
  readonly #fields: PostgresFields
  /** Whether the error is about a relation that may be told. */
  readonly isTableShown: boolean

  constructor(names: ShownNames, fields: PostgresFields) {
    this.#names = names
    this.#fields = fields
    this.isTableShown = !!fields.table && names.hasRelation(fields.schema ?? '', fields.table)
  }

  /** `isValue` tells quoted texts that are no names but may be told. */
  inMessage(message: string, isValue: (text: string) => boolean = () => false): string {
    if (SETTING.test(message)) return message
    const [, denied, object = ''] = DENIED.exec(message) ?? []
    if (denied !== undefined) return this.#names.has(object) ? message : denied + HIDDEN
    for (const pattern of UNQUOTED) {
      const [, start, words = '', end = ''] = pattern.exec(message) ?? []
      if (start !== undefined) return start + this.#inWords(words) + end
    }
    return this.inTypes(this.inText(message, isValue))
  }

  /** In double quotes. */
  inText(text: string, isValue: (text: string) => boolean = () => false): string {
    const [, table] = POLICY.exec(text) ?? []
    if (table !== undefined && this.#names.has(table)) return text
    return this.#withoutOwn(text).replace(QUOTED, (all, name: string) =>
      this.#isShown(name) || isValue(name) ? all : HIDDEN,
    )
  }

  /** Types, which are not quoted. */
  inTypes(text: string): string {
    return text.replace(TYPE, (all, start: string, name: string) =>
      this.#names.has(bare(name)) ? all : start + HIDDEN,
    )
  }

  /** Whether columns, with commas between them as an error lists them, may all be told; an expression may not. */
  hasColumns(columns: string): boolean {
    return columns.split(', ').every((name) => this.#names.has(bare(name)))
  }

  #inWords(text: string): string {
    return text.replace(WORD, (name) => (this.#names.has(bare(name)) ? name : HIDDEN))
  }

  /** Without the names of the error's own fields, which may hold quotes themselves. */
  #withoutOwn(text: string): string {
    const { table, column, constraint } = this.#fields
    if (this.isTableShown) return text
    const own = [table, column, this.#isConstraintShown() ? null : constraint]
    return own.reduce<string>((rest, name) => (name ? rest.replaceAll(`"${name}"`, HIDDEN) : rest), text)
  }

  #isShown(name: string): boolean {
    if (name === this.#fields.constraint && this.#isConstraintShown()) return true
    // What is no word is a sign of some syntax.
    return this.#names.has(name) || !/[\p{L}\p{N}]/u.test(name)
  }

  /** That of a relation that may be told, or of a domain. */
  #isConstraintShown(): boolean {
    const { schema, dataType } = this.#fields
    return this.isTableShown || (!!dataType && this.#names.has(`${schema}.${dataType}`))
  }
}

function bare(name: string): string {
  return name.replaceAll('"', '')
}
