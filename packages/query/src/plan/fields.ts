/** Plans the fields of a select, an order or a filter. */
import type { Relation } from '../catalog/catalog.ts'
import { errors } from '../errors.ts'
import type { Exposure } from '../policy/exposure.ts'
import { closestColumns } from '../policy/similar.ts'
import type { Field } from '../syntax/field.ts'
import type { PlannedField } from './plan.ts'

const JSON_TYPES = new Set(['json', 'jsonb'])

/**
 * Finds the column or computed field that a name stands for, or says with Postgres' words that there is none; `shownAs`
 * is what the relation is called there.
 */
export function planField(
  exposure: Exposure,
  relation: Relation,
  field: Field,
  shownAs: string,
): PlannedField {
  const column = relation.columns.get(field.name)
  if (column !== undefined) {
    return {
      base: { kind: 'column', name: column.name },
      path: field.path,
      toJson: field.path.length > 0 && !JSON_TYPES.has(column.type.name),
      type: column.type,
    }
  }
  const routine = exposure.computed(relation, field.name)
  if (routine === null || routine.returnsSet) {
    throw errors.undefinedColumn(shownAs, field.name, closestColumns(field.name, relation.columns.keys()))
  }
  return {
    base: { kind: 'computed', routine },
    path: field.path,
    toJson: field.path.length > 0 && !JSON_TYPES.has(routine.returnType.name),
    type: routine.returnType,
  }
}

/** The name a field has in the result: the last key of its path, else the column's. */
export function outputName(field: Field): string {
  const key = field.path.findLast((step) => typeof step.key === 'string')?.key
  return typeof key === 'string' ? key : field.name
}

/** Whether full-text search must make a tsvector of the field first. */
export function needsVector({ base, path, type }: PlannedField): boolean {
  if (path.length > 0 || JSON_TYPES.has(type.base.name)) return true
  return base.kind === 'column' && type.base.name !== 'tsvector'
}
