/** SQL of a type's name. */
import type { TypeName } from '../policy/cast-types.ts'
import { qualifiedIdent, type Sql } from './sql.ts'

/** The type without its modifier: assignment to the column applies that. */
export function typeSql(type: TypeName): Sql {
  return qualifiedIdent(type)
}
