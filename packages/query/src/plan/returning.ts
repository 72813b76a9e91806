/** The columns that a write has to return. */
import type { Embed, PlannedCondition, PlannedField, ReadNode, ReturnedColumn } from './plan.ts'

const ROW: ReturnedColumn = { kind: 'row' }

export function returnedColumns(names: readonly string[]): ReturnedColumn[] {
  return names.map((name) => ({ kind: 'column', name }))
}

/** What a write or call must hand on so that the node can be read from it, and no more: a role may lack SELECT on the rest. */
export function neededColumns(node: ReadNode): ReturnedColumn[] {
  const needed = [
    ...node.outputs.flatMap((output) => {
      if (output.kind === 'all') return returnedColumns([...node.relation.columns.keys()])
      if (output.kind === 'value') return ofField(output.value.field)
      return output.kind === 'present' ? [] : ofEmbed(output.embed)
    }),
    ...node.order.flatMap(({ embed, field }) => (embed === null ? ofField(field) : ofEmbed(embed))),
    ...node.conditions.flatMap(ofCondition),
  ]
  const byName = new Map(needed.map((column) => [column.kind === 'row' ? null : column.name, column]))
  return [...byName.values()]
}

function ofField(field: PlannedField | null): ReturnedColumn[] {
  if (field === null) return []
  return field.base.kind === 'computed' ? [ROW] : returnedColumns([field.base.name])
}

function ofEmbed({ relationship }: Embed): ReturnedColumn[] {
  switch (relationship.kind) {
    case 'key':
      return returnedColumns(relationship.pairs.map(([column]) => column))
    case 'junction':
      return returnedColumns(relationship.source.referenced)
    case 'computed':
      return [ROW]
  }
}

function ofCondition(condition: PlannedCondition): ReturnedColumn[] {
  switch (condition.kind) {
    case 'test':
      return ofField(condition.field)
    case 'exists':
      return ofEmbed(condition.embed)
    case 'logic':
      return condition.items.flatMap(ofCondition)
  }
}
