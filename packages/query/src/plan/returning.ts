import type { Relation } from '../catalog/catalog.ts'
import type { Embed, PlannedField, ReadNode, ReturnedColumn } from './plan.ts'

/** Columns of a relation as what a write returns. */
export function namedColumns(relation: Relation, names: readonly string[]): ReturnedColumn[] {
  return names.flatMap((name) => {
    const type = relation.columns.get(name)?.type
    return type === undefined
      ? []
      : [{ name, field: { base: { kind: 'column', name }, path: [], toJson: false, type } }]
  })
}

/** What a write must return so that the node can be read from it, and no more: a role may lack SELECT on the rest. */
export function neededColumns(node: ReadNode): ReturnedColumn[] {
  const everyColumn = () => namedColumns(node.relation, [...node.relation.columns.keys()])
  const ofEmbed = ({ relationship }: Embed): ReturnedColumn[] => {
    switch (relationship.kind) {
      case 'key':
        return namedColumns(
          node.relation,
          relationship.pairs.map(([column]) => column),
        )
      case 'junction':
        return namedColumns(node.relation, relationship.source.referenced)
      case 'computed':
        return everyColumn()
    }
  }
  const columns = [
    ...node.outputs.flatMap((output) => {
      if (output.kind === 'all') return everyColumn()
      return output.kind === 'value' ? ofField(output.value.field) : ofEmbed(output.embed)
    }),
    ...node.order.flatMap(({ embed, field }) => (embed === null ? ofField(field) : ofEmbed(embed))),
    ...node.conditions.flatMap((condition) => (condition.kind === 'exists' ? ofEmbed(condition.embed) : [])),
  ]
  return [...new Map(columns.map((column) => [column.name, column])).values()]
}

function ofField(field: PlannedField | null): ReturnedColumn[] {
  if (field === null) return []
  const { base } = field
  return [{ name: base.kind === 'column' ? base.name : base.routine.name, field }]
}
