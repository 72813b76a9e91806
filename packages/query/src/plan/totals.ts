/** How the total beside the rows is come by. */
import type { Relation } from '../catalog/catalog.ts'
import type { Settings } from '../contract.ts'
import type { Preferences } from '../syntax/prefer.ts'
import type { Embed, PlannedCondition, ReadNode, TotalBy } from './plan.ts'

/**
 * The total of a read. What the planner expects it works out from all rows, those of other users too, and so by guesses
 * at a filter a caller could learn what policies hide: unless the database lets callers see plans anyway
 * (`plan_enabled`), it is asked only about tables that hide nothing, and rows are counted otherwise, as far as one page
 * beyond the offset.
 */
export function totalOfRead(
  { count }: Preferences,
  { max_rows, plan_enabled }: Settings,
  root: ReadNode,
): TotalBy | null {
  if (count === null) return null
  if (count === 'exact') return { by: 'count' }
  const isPlanned = plan_enabled || !hidesRows(root)
  if (isPlanned && count === 'planned') return { by: 'planner' }
  if (max_rows === null) return { by: 'count' }
  return isPlanned ? { by: 'estimate', upTo: max_rows } : { by: 'bound', upTo: root.range.offset + max_rows }
}

/** Rows that were written or returned are at hand: there is nothing to estimate, and the planner is not asked. */
export function totalOfEffect({ count }: Preferences): TotalBy | null {
  return count === 'exact' || count === 'estimated' ? { by: 'count' } : null
}

/** Whether what matches a node depends on rows that the caller may not see, of whatever relation. */
function hidesRows({ relation, conditions }: ReadNode): boolean {
  return hides(relation) || conditions.some(conditionHidesRows)
}

function conditionHidesRows(condition: PlannedCondition): boolean {
  switch (condition.kind) {
    case 'test':
      return condition.field.base.kind === 'computed'
    case 'exists':
      return embedHidesRows(condition.embed)
    case 'logic':
      return condition.items.some(conditionHidesRows)
  }
}

function embedHidesRows({ relationship, node }: Embed): boolean {
  if (relationship.kind === 'computed') return true
  return hidesRows(node) || (relationship.kind === 'junction' && hides(relationship.junction))
}

/** Policies hide rows, and so does the WHERE of a view. */
function hides({ kind, rowSecurity }: Relation): boolean {
  return rowSecurity || (kind !== 'table' && kind !== 'materialized view')
}
