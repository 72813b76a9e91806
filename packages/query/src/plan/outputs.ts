/** Plans what a select gives: columns, embeds, aggregates. */
import type { Relation } from '../catalog/catalog.ts'
import { errors } from '../errors.ts'
import { MAX_ITEMS } from '../syntax/reader.ts'
import type { SelectEmbed, SelectField, SelectItem } from '../syntax/select.ts'
import type { PlanContext } from './context.ts'
import { outputName, planField } from './fields.ts'
import type { Embed, Hoisted, Output, SpreadColumn } from './plan.ts'
import { isToOne } from './relationships.ts'
import { embedName } from './scope.ts'

/** How often a column may be selected from one resource, as a whole and by paths into it. */
const MAX_WHOLE = 8
const MAX_PARTS = 64

export interface OutputInput {
  context: PlanContext
  relation: Relation
  /** The node's alias: names made up for it begin so. */
  alias: string
  items: readonly SelectItem[]
  embeds: ReadonlyMap<SelectItem, Embed>
  /** The node is spread into a parent, which does the aggregating. */
  hoists: boolean
  /** What an error calls the relation. */
  shownAs: string
}

export interface PlannedOutputs {
  outputs: Output[]
  grouped: boolean
  hoisted: Hoisted[]
}

/**
 * What a node selects. Aggregates group by everything else that is selected. Those of a to-one spread are hoisted:
 * the spread hands on the values, and the parent aggregates them over its own rows.
 */
export function planOutputs(input: OutputInput): PlannedOutputs {
  return new OutputPlanner(input).plan()
}

/** `child(count)` counts rows, as `count()` does, without permission to aggregate: Postgres itself reads it so. */
export function isLegacyCount(item: SelectItem, relation: Relation): boolean {
  return (
    item.kind === 'field' &&
    item.aggregate === null &&
    item.field?.name === 'count' &&
    item.field.path.length === 0 &&
    !relation.columns.has('count')
  )
}

class OutputPlanner {
  readonly #input: OutputInput
  readonly #hoisted: Hoisted[] = []

  constructor(input: OutputInput) {
    this.#input = input
  }

  plan(): PlannedOutputs {
    const { items, embeds, hoists } = this.#input
    this.#assertAggregatesAllowed()
    this.#assertFewRepeats()
    const aggregates = items.some((item) => this.#isAggregate(item))
    const hoistedFrom = items.some((item) => (embeds.get(item)?.node.hoisted.length ?? 0) > 0)
    const grouped = !hoists && (aggregates || hoistedFrom)
    const outputs = items.flatMap((item) => this.#output(item, grouped || hoists))
    this.#assertFewColumns(outputs)
    return { outputs, grouped, hoisted: this.#hoisted }
  }

  #isAggregate(item: SelectItem): boolean {
    return isLegacyCount(item, this.#input.relation) || (item.kind === 'field' && item.aggregate !== null)
  }

  #assertAggregatesAllowed(): void {
    const { context, items } = this.#input
    const isAggregate = (item: SelectItem) => item.kind === 'field' && item.aggregate !== null
    if (!context.settings.aggregates_enabled && items.some(isAggregate)) throw errors.aggregates()
  }

  /** Each place that names a column is another copy of its value in the reply, and each path another copy of its JSON. */
  #assertFewRepeats(): void {
    const uses = new Map<string, { whole: number; parts: number }>()
    for (const item of this.#input.items) {
      if (item.kind === 'embed' || (item.kind === 'field' && item.aggregate !== null)) continue
      const name = item.kind === 'all' ? '*' : (item.field?.name ?? '')
      const use = uses.get(name) ?? { whole: 0, parts: 0 }
      uses.set(name, use)
      if (item.kind === 'field' && (item.field?.path.length ?? 0) > 0) use.parts += 1
      else use.whole += 1
      if (use.whole > MAX_WHOLE) throw errors.repeatedColumn(name, MAX_WHOLE)
      if (use.parts > MAX_PARTS) throw errors.repeatedColumn(name, MAX_PARTS)
    }
  }

  /** Of a few `*` there may be more columns than Postgres takes. */
  #assertFewColumns(outputs: readonly Output[]): void {
    const { relation } = this.#input
    const size = (output: Output) =>
      output.kind === 'all' ? relation.columns.size : output.kind === 'spread' ? output.columns.length : 1
    if (outputs.reduce((sum, output) => sum + size(output), 0) > MAX_ITEMS)
      throw errors.tooManyItems(MAX_ITEMS)
  }

  #output(item: SelectItem, isExpanded: boolean): Output[] {
    switch (item.kind) {
      case 'all':
        return isExpanded || hasRepresentations(this.#input.relation)
          ? this.#everyColumn()
          : [{ kind: 'all' }]
      case 'field':
        return [this.#fieldOutput(item)]
      case 'embed':
        return this.#embedOutput(item)
    }
  }

  #everyColumn(): Output[] {
    return [...this.#input.relation.columns.keys()].map((name) => ({
      kind: 'value',
      as: name,
      value: { field: this.#field({ name, path: [] }), cast: null, aggregate: null },
    }))
  }

  #fieldOutput(item: SelectField): Output {
    const { relation, hoists } = this.#input
    if (isLegacyCount(item, relation)) {
      const count: SelectField = {
        ...item,
        field: null,
        cast: null,
        aggregate: { function: 'count', cast: item.cast },
      }
      return this.#fieldOutput(count)
    }
    const { field } = item
    const aggregate =
      item.aggregate === null ? null : { ...item.aggregate, cast: this.#cast(item.aggregate.cast) }
    const value = {
      field: field === null ? null : this.#field(field),
      cast: this.#cast(item.cast),
      aggregate,
    }
    if (aggregate === null || !hoists) return { kind: 'value', as: nameOf(item), value }
    const name = this.#hoist({ as: nameOf(item), aggregate })
    return value.field === null
      ? { kind: 'present', as: name }
      : { kind: 'value', as: name, value: { ...value, aggregate: null } }
  }

  /** Hands an aggregate on to the parent under a name of its own. */
  #hoist(hoisted: Omit<Hoisted, 'name'>): string {
    const name = `${this.#input.alias} ${this.#hoisted.length}`
    this.#hoisted.push({ ...hoisted, name })
    return name
  }

  /** An embed without items only filters. */
  #embedOutput(item: SelectEmbed): Output[] {
    const embed = this.#input.embeds.get(item)
    if (embed === undefined || embed.node.outputs.length === 0) return []
    if (!item.spread) return [{ kind: 'embed', as: embedName(item), embed }]
    if (!isToOne(embed.relationship) && embed.node.grouped) {
      throw errors.notImplemented('Aggregates are not implemented for one-to-many or many-to-many spreads.')
    }
    const json = isToOne(embed.relationship) ? jsonNames(embed.node) : null
    const columns = outputNames(embed.node).map((name) => ({
      ...this.#spreadColumn(name, embed),
      isJson: json === null || json.has(name),
    }))
    return [{ kind: 'spread', alias: this.#input.context.newAlias(), embed, columns }]
  }

  #spreadColumn(name: string, embed: Embed): Omit<SpreadColumn, 'isJson'> {
    const hoisted = embed.node.hoisted.find((candidate) => candidate.name === name)
    if (hoisted === undefined) return { name, as: name, aggregate: null }
    const { as, aggregate } = hoisted
    return this.#input.hoists
      ? { name, as: this.#hoist({ as, aggregate }), aggregate: null }
      : { name, as, aggregate }
  }

  #cast(text: string | null) {
    return text === null ? null : this.#input.context.castType(text)
  }

  #field(field: Parameters<typeof planField>[2]) {
    const { context, relation, shownAs } = this.#input
    return planField(context.exposure, relation, field, shownAs)
  }
}

/** Whether a column is shown in another form than Postgres has it, so that the columns have to be named. */
function hasRepresentations({ columns }: Relation): boolean {
  return [...columns.values()].some(({ type }) => type.representation !== null)
}

function nameOf({ alias, field, aggregate }: SelectField): string {
  if (alias !== null) return alias
  if (aggregate !== null) return aggregate.function
  return field === null ? 'count' : outputName(field)
}

/** The outputs of a to-one spread that are JSON because of what is embedded or spread in it. */
function jsonNames({ outputs }: { outputs: readonly Output[] }): Set<string> {
  return new Set(
    outputs.flatMap((output) => {
      if (output.kind === 'embed') return [output.as]
      return output.kind === 'spread' ? output.columns.filter(({ isJson }) => isJson).map(({ as }) => as) : []
    }),
  )
}

/** The names of a node's outputs, those of its spreads among them. */
export function outputNames(node: { relation: Relation; outputs: readonly Output[] }): string[] {
  return node.outputs.flatMap((output) => {
    switch (output.kind) {
      case 'all':
        return [...node.relation.columns.keys()]
      case 'spread':
        return output.columns.map(({ as }) => as)
      default:
        return [output.as]
    }
  })
}
