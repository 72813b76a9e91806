import type { Batch } from '../contract.ts'
import { CATALOG_SQL } from './catalog-sql.ts'

/** The transaction that reads the catalog: its last statement returns one row of one column, for `parseCatalog`. */
export function catalogBatch(): Batch {
  return {
    readOnly: true,
    rollback: false,
    statements: [
      {
        text: "SELECT pg_catalog.set_config('search_path', 'pg_catalog', true), pg_catalog.set_config('statement_timeout', $1, true)",
        params: ['10000'],
      },
      { text: CATALOG_SQL, params: [] },
    ],
  }
}
