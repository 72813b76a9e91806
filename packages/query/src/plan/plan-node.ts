/** Plans one relation of a request with what is embedded in it. */
import type { Relation } from '../catalog/catalog.ts'
import { errors } from '../errors.ts'
import type { Field } from '../syntax/field.ts'
import type { Condition, Filter } from '../syntax/filter.ts'
import type { OrderTerm } from '../syntax/order.ts'
import { type Range, restrictRange } from '../syntax/range.ts'
import type { SelectEmbed, SelectItem } from '../syntax/select.ts'
import type { PlanContext } from './context.ts'
import { planField } from './fields.ts'
import { planOutputs } from './outputs.ts'
import type { Embed, PlannedCondition, PlannedField, PlannedOrder, ReadNode, Source } from './plan.ts'
import { findRelationship, isToOne, type Relationship } from './relationships.ts'
import {
  assertEmbedded,
  enter,
  findEmbed,
  isNamedByTarget,
  own,
  ownOrder,
  ownRange,
  type Scope,
} from './scope.ts'

/** What PostgREST's SQL calls the rows of a function where it takes columns from them. */
const CALL_NAME = 'pgrst_call'

export interface NodeInput {
  source: Source
  relation: Relation
  items: readonly SelectItem[]
  scope: Scope
  /** Already met where the rows come from a write. */
  skipConditions?: boolean
  range?: Range
  /** In place of the context's. */
  maxRows?: number | null
  /** The node is spread into a parent, which does the aggregating. */
  hoists?: boolean
  /** How many resources it is embedded in. */
  depth?: number
  /** What PostgREST's SQL, and so an error of Postgres, calls the relation; its name where absent. */
  shownAs?: string
}

/** Plans one resource and, below it, those embedded in it. The relation is one that may be read. */
export function planNode(context: PlanContext, input: NodeInput): ReadNode {
  return new NodePlanner(context, input).plan()
}

/** The conditions of the query on a relation that is written, where nothing is embedded yet. */
export function planConditions(context: PlanContext, relation: Relation, scope: Scope): PlannedCondition[] {
  return new NodePlanner(context, { source: { kind: 'relation' }, relation, items: [], scope }).conditions()
}

class NodePlanner {
  readonly #context: PlanContext
  readonly #input: NodeInput
  readonly #relation: Relation
  readonly #scope: Scope
  readonly #selectEmbeds: readonly SelectEmbed[]
  readonly #embeds = new Map<SelectItem, Embed>()

  constructor(context: PlanContext, input: NodeInput) {
    this.#context = context
    this.#input = input
    this.#relation = input.relation
    this.#scope = input.scope
    this.#selectEmbeds = input.items.filter((item) => item.kind === 'embed')
  }

  get #depth(): number {
    return this.#input.depth ?? 0
  }

  get #shownAs(): string {
    return this.#input.shownAs ?? this.#relation.name
  }

  plan(): ReadNode {
    const alias = this.#context.newAlias()
    assertEmbedded(this.#scope, this.#selectEmbeds)
    for (const embed of this.#selectEmbeds) this.#embeds.set(embed, this.#planEmbed(embed))
    const { outputs, grouped, hoisted } = planOutputs({
      context: this.#context,
      relation: this.#relation,
      alias,
      items: this.#input.items,
      embeds: this.#embeds,
      hoists: this.#input.hoists ?? false,
      shownAs: this.#input.source.kind === 'called' ? CALL_NAME : this.#shownAs,
    })
    return {
      source: this.#input.source,
      alias,
      relation: this.#relation,
      outputs,
      conditions: this.#input.skipConditions ? this.#innerEmbeds() : this.conditions(),
      order: ownOrder(this.#scope).map((term) => this.#order(term)),
      range: restrictRange(this.#input.range ?? ownRange(this.#scope), this.#maxRows()),
      maxRows: this.#maxRows(),
      grouped,
      hoisted,
      maxBytes: this.#context.maxBytes(this.#depth),
    }
  }

  #maxRows(): number | null {
    return this.#input.maxRows === undefined ? this.#context.maxRows : this.#input.maxRows
  }

  conditions(): PlannedCondition[] {
    return [
      ...own(this.#scope.filters).map((filter) => this.#filter(filter)),
      ...own(this.#scope.logic).map((logic) => this.#condition(logic)),
      ...this.#innerEmbeds(),
    ]
  }

  #innerEmbeds(): PlannedCondition[] {
    return [...this.#embeds.values()]
      .filter(({ inner }) => inner)
      .map((embed) => ({ kind: 'exists', not: false, embed }))
  }

  #planEmbed(item: SelectEmbed): Embed {
    const { exposure, schema } = this.#context
    const relationship = findRelationship(exposure, schema, this.#relation, item.relation, item.hint)
    exposure.assertSafe(relationship.to)
    if (relationship.kind === 'junction') exposure.assertSafe(relationship.junction)
    if (item.alias !== null && isNamedByTarget(this.#scope, item, this.#selectEmbeds)) {
      this.#context.legacyTargets.push({ target: item.relation, alias: item.alias })
    }
    return {
      relationship,
      inner: item.join === 'inner',
      junctionAlias: relationship.kind === 'junction' ? this.#context.newAlias() : '',
      node: planNode(this.#context, {
        source: { kind: 'relation' },
        relation: relationship.to,
        items: item.items,
        scope: enter(this.#scope, item, this.#selectEmbeds),
        depth: this.#depth + 1,
        shownAs:
          relationship.kind === 'junction'
            ? relationship.to.name
            : `${relationship.to.name}_${this.#depth + 1}`,
        hoists: item.spread && isToOne(relationship),
        ...maxRowsOf(relationship),
      }),
    }
  }

  #condition(condition: Condition): PlannedCondition {
    if (condition.kind === 'filter') return this.#filter(condition)
    const { operator, not, items } = condition
    return { kind: 'logic', operator, not, items: items.map((item) => this.#condition(item)) }
  }

  #filter(filter: Filter): PlannedCondition {
    const embed =
      filter.field.path.length === 0 ? findEmbed(this.#selectEmbeds, filter.field.name) : undefined
    // An embed may be called as a column is, after which it goes; only what asks for null can mean the embed.
    const isColumn = !isNullTest(filter.test) && this.#relation.columns.has(filter.field.name)
    if (embed === undefined || isColumn) {
      return { kind: 'test', not: filter.not, field: this.#field(filter.field), test: filter.test }
    }
    return this.#embedFilter(embed, filter)
  }

  /** `child=is.null` asks for rows without a child, `child=not.is.null` for rows with one. */
  #embedFilter(item: SelectEmbed, { not, test, field }: Filter): PlannedCondition {
    const embed = this.#embeds.get(item)
    const isNull = test.kind === 'is' && test.value === 'null'
    const isNotNull = test.kind === 'is' && test.value === 'not_null'
    if (embed === undefined || (!isNull && !isNotNull)) throw errors.embedFilter(field.name)
    return { kind: 'exists', not: isNull !== not, embed }
  }

  #order({ relation, field, direction, nulls }: OrderTerm): PlannedOrder {
    if (relation === null) return { embed: null, field: this.#field(field), direction, nulls }
    const item = findEmbed(this.#selectEmbeds, relation)
    const embed = item === undefined ? undefined : this.#embeds.get(item)
    if (embed === undefined) throw errors.notEmbedded(relation)
    if (!isToOne(embed.relationship)) throw errors.relatedOrder(this.#relation.name, relation)
    const { exposure } = this.#context
    const shownAs = `${this.#relation.name}_${relation}_${this.#depth + 1}`
    const planned = aliasedField(embed, field) ?? planField(exposure, embed.node.relation, field, shownAs)
    return { embed, field: planned, direction, nulls }
  }

  #field(field: Parameters<typeof planField>[2]) {
    return planField(this.#context.exposure, this.#relation, field, this.#shownAs)
  }
}

/** What the embed selects under an alias of this name, which goes before a column of the name. */
function aliasedField({ node }: Embed, field: Field): PlannedField | null {
  if (field.path.length > 0) return null
  const output = node.outputs.find((candidate) => candidate.kind === 'value' && candidate.as === field.name)
  return output?.kind === 'value' && output.value.aggregate === null ? output.value.field : null
}

function isNullTest(test: Filter['test']): boolean {
  return test.kind === 'is' && (test.value === 'null' || test.value === 'not_null')
}

/** A key leads to one row at most; a function that is said to return one is held to it. */
function maxRowsOf(relationship: Relationship): { maxRows?: number | null } {
  if (!isToOne(relationship)) return {}
  return { maxRows: relationship.kind === 'computed' ? 1 : null }
}
