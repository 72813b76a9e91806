import type { CallPlan } from '../plan/plan.ts'
import { type Params, type Sql, sql } from './sql.ts'

export function callStatementSql(_plan: CallPlan, _params: Params, row: (result: Sql) => Sql): Sql {
  return row(sql`SELECT NULL AS total, 0 AS page, NULL::text AS body, NULL AS location`)
}
