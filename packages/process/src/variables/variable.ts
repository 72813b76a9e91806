/** Rows of a part's configuration table: a variable of the environment, how it is read, and what it means. */

/** How the text of a variable is read. */
export interface VariableType<Value> {
  /** For the tables of the docs. */
  label: string
  /** What a person should set, after "Set it to". */
  wanted: string
  /** Throws `Malformed` where the text makes no sense. */
  parse(text: string): Value
  /** Never shown; may also be in the file that `<name>_FILE` names. */
  isSecret?: true
  /** An empty text is parsed; of every other type it counts as not set. */
  readsEmpty?: true
}

/** What is wrong with a text, after the variable's name: `is "http"`. Of a secret it never holds the text. */
export class Malformed extends Error {}

export interface Variable<Value> {
  name: string
  type: VariableType<unknown>
  /** In words, what holds where it is not set; null: it has to be set. */
  fallback: string | null
  /** For the tables of the docs. */
  meaning: string
  /** What the text says; `undefined`: it is not set. Throws `Malformed`. */
  read(text: string | undefined): Value
}

/** The variables of a part, by the names that its code has for them. */
export type VariableTable = Readonly<Record<string, Variable<unknown>>>

/** What the variables of a table say. */
export type ValuesOf<Table extends VariableTable> = {
  [Key in keyof Table]: Table[Key] extends Variable<infer Value> ? Value : never
}

/** Has a value where it is not set; `shown` says it in words where the value itself says little. */
export function withDefault<Value>(
  name: string,
  type: VariableType<Value>,
  { value, shown = String(value), meaning }: { value: NoInfer<Value>; shown?: string; meaning: string },
): Variable<Value> {
  return {
    name,
    type,
    fallback: shown,
    meaning,
    read: (text) => (text === undefined ? value : type.parse(text)),
  }
}

/** Is null where it is not set; `unset` says in words what that comes to. */
export function optional<Value>(
  name: string,
  type: VariableType<Value>,
  { unset, meaning }: { unset: string; meaning: string },
): Variable<Value | null> {
  return {
    name,
    type,
    fallback: unset,
    meaning,
    read: (text) => (text === undefined ? null : type.parse(text)),
  }
}

/** Has to be set. */
export function required<Value>(
  name: string,
  type: VariableType<Value>,
  { meaning }: { meaning: string },
): Variable<Value> {
  return {
    name,
    type,
    fallback: null,
    meaning,
    read: (text) => {
      if (text === undefined) throw new Malformed('is missing')
      return type.parse(text)
    },
  }
}
