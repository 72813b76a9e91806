/** The route that shows what a database defines. */
import type { ROUTES } from '@db9/types'
import { bind } from '../http/bind.ts'
import type { Handler } from '../http/call.ts'
import { type OwnStatementDeps, readDocument } from '../sql/own-statement.ts'
import { SCHEMA_SQL } from './schema-sql.ts'

export type SchemaDeps = OwnStatementDeps

const getSchema: Handler<typeof ROUTES.getSchema, SchemaDeps> = async (deps, call) => ({
  status: 200,
  body: await readDocument(deps, call, { text: SCHEMA_SQL, params: [] }),
})

export function schemaHandlers(deps: SchemaDeps) {
  return bind(deps, { getSchema })
}
