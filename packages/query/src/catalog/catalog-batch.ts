/** The batch that reads the catalog, and the one that reads its version alone. */
import type { Batch } from '../contract.ts'
import { CATALOG_SQL } from './catalog-sql.ts'

/** The transaction that reads the catalog: its last statement returns one row of one column, for `parseCatalog`. */
export function catalogBatch(): Batch {
  return {
    readOnly: true,
    isolation: 'read committed',
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

/** The transaction that reads the catalog's version alone, as one row of one column: a few microseconds of work. */
export function versionBatch(): Batch {
  return {
    readOnly: true,
    isolation: 'read committed',
    rollback: false,
    statements: [{ text: VERSION_SQL, params: [] }],
  }
}

const VERSION_SQL = 'SELECT coalesce(pg_catalog.sum(d.n), 0)::pg_catalog.text FROM db9.ddl AS d'
