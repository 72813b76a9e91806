/** Parses a whole query string. */
import type { Caps } from '../contract.ts'
import { errors, QueryError } from '../errors.ts'
import { readNames, readTreePath } from './field.ts'
import { type Filter, type FilterLimits, type Logic, readLogicItems, readTest } from './filter.ts'
import { type OrderTerm, readOrder } from './order.ts'
import { type Parameter, toCanonical } from './query-string.ts'
import { parseCount, type Range, toRange } from './range.ts'
import { parseAll } from './reader.ts'
import { readSelect, type SelectItem } from './select.ts'

/** Something that belongs to the resource at the end of `path`; the empty path is the root. */
export interface Located<T> {
  path: readonly string[]
  value: T
}

/** What the query string says. It guarantees the form alone, not that the names exist. */
export interface Query {
  select: readonly SelectItem[]
  filters: readonly Located<Filter>[]
  logic: readonly Located<Logic>[]
  orders: readonly Located<readonly OrderTerm[]>[]
  ranges: readonly Located<Range>[]
  columns: readonly string[] | null
  onConflict: readonly string[] | null
  /** Arguments of a function that is read with GET or HEAD. */
  arguments: readonly [string, string][]
  canonical: string
}

export interface QueryOptions {
  caps: Caps
  /** How many values a list may hold here. */
  inValues: number
  /** A parameter that is no filter is an argument of the function. */
  argumentsAllowed: boolean
}

/** In all resources of a request together: each is worked out for every row that is ordered. */
export const MAX_ORDER_TERMS = 50

const SINGLE = new Set(['select', 'columns', 'on_conflict'])

export function parseQuery(parameters: readonly Parameter[], options: QueryOptions): Query {
  return new QueryParser(options).parse(parameters)
}

class QueryParser {
  readonly #options: QueryOptions
  readonly #limits: FilterLimits
  #filterCount = 0
  #orderCount = 0
  readonly #filters: Located<Filter>[] = []
  readonly #logic: Located<Logic>[] = []
  readonly #orders: Located<OrderTerm[]>[] = []
  readonly #counts = new Map<string, { path: string[]; limit: number | null; offset: number | null }>()
  readonly #arguments: [string, string][] = []

  constructor(options: QueryOptions) {
    this.#options = options
    this.#limits = {
      inValues: options.inValues,
      logicDepth: options.caps.logic_depth,
      countFilter: () => this.#countFilter(),
    }
  }

  parse(parameters: readonly Parameter[]): Query {
    for (const { key, value } of parameters) {
      if (value !== null && !SINGLE.has(key)) this.#parameter(key, value)
    }
    const first = (name: string) => parameters.find(({ key }) => key === name)?.value ?? null
    const columns = first('columns')
    const onConflict = first('on_conflict')
    return {
      // An empty list of the request itself is no list; that of an embed gives no columns.
      select: this.#select(first('select') || '*'),
      filters: this.#filters,
      logic: this.#logic,
      orders: this.#orders,
      ranges: [...this.#counts.values()].map(({ path, limit, offset }) => ({
        path,
        value: toRange(limit, offset),
      })),
      columns: columns === null ? null : this.#names('columns parameter', columns),
      onConflict: onConflict === null ? null : this.#names('on_conflict parameter', onConflict),
      arguments: this.#arguments,
      canonical: toCanonical(parameters),
    }
  }

  #countFilter(): void {
    const { filters } = this.#options.caps
    this.#filterCount += 1
    if (this.#filterCount > filters) throw errors.tooManyFilters(filters)
  }

  #select(text: string): SelectItem[] {
    const { embeds, embed_depth } = this.#options.caps
    return parseAll('select parameter', text, (reader) =>
      readSelect(reader, { embeds, embedDepth: embed_depth }),
    )
  }

  #names(what: string, text: string): string[] {
    return [...new Set(parseAll(what, text, readNames))]
  }

  /** A key's last word says what it is; a quoted name never counts as such a word. */
  #parameter(key: string, value: string): void {
    switch (key.slice(key.lastIndexOf('.') + 1)) {
      case 'order': {
        const { path } = parseAll('tree path', key, readTreePath)
        const terms = parseAll('order', value, readOrder)
        this.#orderCount += terms.length
        if (this.#orderCount > MAX_ORDER_TERMS) throw errors.tooManyItems(MAX_ORDER_TERMS)
        this.#orders.push({ path, value: terms })
        break
      }
      case 'limit':
      case 'offset':
        this.#count(key, value)
        break
      case 'and':
      case 'or':
        this.#logicTree(key, value)
        break
      default:
        this.#filter(key, value)
    }
  }

  #count(key: string, value: string): void {
    const { path, field } = parseAll('tree path', key, readTreePath)
    const at = JSON.stringify(path)
    const counts = this.#counts.get(at) ?? { path, limit: null, offset: null }
    if (field.name === 'limit') counts.limit = parseCount(value)
    else counts.offset = parseCount(value)
    this.#counts.set(at, counts)
  }

  #logicTree(key: string, value: string): void {
    const { path, field } = parseAll('logic path', key, readTreePath)
    const not = path.at(-1) === 'not'
    // PostgREST reads the operator, `not.or`, as the beginning of its tree.
    const before = field.name.length + (not ? 'not.'.length : 0)
    this.#logic.push({
      path: not ? path.slice(0, -1) : path,
      value: {
        kind: 'logic',
        operator: field.name === 'and' ? 'and' : 'or',
        not,
        items: parseAll('logic tree', value, (reader) => readLogicItems(reader, this.#limits), before),
      },
    })
  }

  #filter(key: string, value: string): void {
    const { path, field } = parseAll('tree path', key, readTreePath)
    try {
      const { not, test } = parseAll('filter', value, (reader) => readTest(reader, this.#limits))
      this.#countFilter()
      this.#filters.push({ path, value: { kind: 'filter', field, not, test } })
    } catch (error) {
      const isSyntax = error instanceof QueryError && error.code === 'PGRST100'
      if (!isSyntax || !this.#options.argumentsAllowed) throw error
      this.#arguments.push([field.name, value])
    }
  }
}
