/** Parses select lists. */
import { errors } from '../errors.ts'
import { type Field, readField, readName, takeName } from './field.ts'
import { AGGREGATES, type Aggregate } from './operators.ts'
import { type Reader, readItems } from './reader.ts'

export interface SelectField {
  kind: 'field'
  alias: string | null
  /** Null only in `count()`, which counts rows. */
  field: Field | null
  cast: string | null
  aggregate: { function: Aggregate; cast: string | null } | null
}

export interface SelectEmbed {
  kind: 'embed'
  alias: string | null
  relation: string
  /** A constraint, a column or a junction that tells relationships apart. */
  hint: string | null
  join: 'inner' | 'left' | null
  /** `...relation(…)`: the columns stand in the parent's object. */
  spread: boolean
  items: readonly SelectItem[]
}

export type SelectItem = { kind: 'all' } | SelectField | SelectEmbed

export interface SelectLimits {
  embeds: number
  embedDepth: number
}

/** In all resources of a request together. */
export const MAX_SELECT_ITEMS = 200

const CAST = /[\p{L}\p{N}_ $]+/uy
const END_OF_FIELD = 'letter, digit, "-", "->>", "->", "::", ".", ")", "," or end of input'

/** The value of `select`. An empty one selects nothing. */
export function readSelect(reader: Reader, limits: SelectLimits): SelectItem[] {
  return new SelectReader(reader, limits).items(0)
}

class SelectReader {
  readonly #reader: Reader
  readonly #limits: SelectLimits
  #embeds = 0
  #items = 0

  constructor(reader: Reader, limits: SelectLimits) {
    this.#reader = reader
    this.#limits = limits
  }

  items(depth: number): SelectItem[] {
    this.#reader.skipSpace()
    if (this.#reader.atEnd || this.#reader.startsWith(')')) return []
    return readItems(this.#reader, () => this.#item(depth))
  }

  #item(depth: number): SelectItem {
    this.#items += 1
    if (this.#items > MAX_SELECT_ITEMS) throw errors.tooManyItems(MAX_SELECT_ITEMS)
    if (this.#reader.take('*')) {
      this.#reader.skipSpace()
      return this.#atItemEnd() ? { kind: 'all' } : this.#reader.fail('")", "," or end of input')
    }
    const head = this.#reader.attempt(() => this.#embedHead())
    return head === null ? this.#field() : this.#embed(head, depth)
  }

  /** Everything of an embedded resource before its opening bracket. */
  #embedHead(): Omit<SelectEmbed, 'items'> | null {
    const reader = this.#reader
    const spread = reader.take('...')
    const alias = spread ? null : this.#alias()
    const relation = readName(reader)
    if (relation === 'count' && !spread) return null
    let hint: string | null = null
    let join: SelectEmbed['join'] = null
    for (let i = 0; i < 2 && reader.take('!'); i++) {
      const parameter = readName(reader)
      if (parameter === 'inner' || parameter === 'left') join ??= parameter
      else hint ??= parameter
    }
    return reader.take('(') ? { kind: 'embed', alias, relation, hint, join, spread } : null
  }

  #embed(head: Omit<SelectEmbed, 'items'>, depth: number): SelectEmbed {
    this.#embeds += 1
    if (this.#embeds > this.#limits.embeds) throw errors.tooManyEmbeds(this.#limits.embeds)
    if (depth >= this.#limits.embedDepth) throw errors.embedTooDeep(this.#limits.embedDepth)
    const items = this.items(depth + 1)
    this.#reader.expect(')', '"," or ")"')
    this.#reader.skipSpace()
    return { ...head, items }
  }

  /** `alias:`, but not the `name` of `name::cast`. */
  #alias(): string | null {
    return this.#reader.attempt(() => {
      const name = takeName(this.#reader)
      return name !== null && !this.#reader.startsWith('::') && this.#reader.take(':') ? name : null
    })
  }

  #field(): SelectField {
    const reader = this.#reader
    const alias = this.#alias()
    if (reader.take('count()')) {
      return this.#end({ kind: 'field', alias, field: null, cast: null, aggregate: this.#aggregate('count') })
    }
    const field = readField(reader)
    const cast = this.#cast()
    const aggregate = this.#takeAggregate()
    return this.#end({ kind: 'field', alias, field, cast, aggregate })
  }

  #takeAggregate(): SelectField['aggregate'] {
    const name = AGGREGATES.find((aggregate) => this.#reader.take(`.${aggregate}()`))
    return name === undefined ? null : this.#aggregate(name)
  }

  #aggregate(name: Aggregate): SelectField['aggregate'] {
    return { function: name, cast: this.#cast() }
  }

  #cast(): string | null {
    if (!this.#reader.take('::')) return null
    return this.#reader.takeMatch(CAST)?.trim() || this.#reader.fail('letter or digit')
  }

  #end(field: SelectField): SelectField {
    this.#reader.skipSpace()
    return this.#atItemEnd() ? field : this.#reader.fail(END_OF_FIELD)
  }

  #atItemEnd(): boolean {
    return this.#reader.atEnd || this.#reader.startsWith(',') || this.#reader.startsWith(')')
  }
}
