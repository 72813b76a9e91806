/** Reads and locks the rows of databases. */
import { isId } from '@db9/types/ids'
import type { DatabaseState } from '@db9/types/internal'
import type { Kysely, Transaction } from 'kysely'
import { ApiError } from '../errors.ts'
import type { DatabaseRow, Tables } from '../metadata/tables.ts'
import { isDatabaseReference } from './names.ts'

/** States in which a database keeps its name and counts against the account's limit. */
export const LIVE_STATES = ['CREATING', 'ACTIVE', 'CLONING'] as const satisfies DatabaseState[]

/** The account's database by id in any state, or by name among the live ones. */
export function findDatabase(
  db: Kysely<Tables>,
  customerId: string,
  idOrName: string,
): Promise<DatabaseRow | undefined> {
  if (!isDatabaseReference(idOrName)) return Promise.resolve(undefined)
  const own = db.selectFrom('databases').selectAll().where('customer_id', '=', customerId)
  const found = isId('database', idOrName)
    ? own.where('id', '=', idOrName)
    : own.where('name', '=', idOrName).where('state', 'in', LIVE_STATES)
  return found.executeTakeFirst()
}

/** A row that is known to be there. */
export function findById(db: Kysely<Tables>, id: string): Promise<DatabaseRow> {
  return db.selectFrom('databases').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
}

/** The row as it is now, which no other transaction changes until this one ends; rows that refer to it may be written. */
export function lockDatabase(trx: Transaction<Tables>, id: string): Promise<DatabaseRow> {
  return trx
    .selectFrom('databases')
    .selectAll()
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow()
}

/** Locks it for a request: 404 where another account has taken the database over since the request was authorised. */
export async function lockOwnDatabase(
  trx: Transaction<Tables>,
  { customerId }: { customerId: string },
  id: string,
): Promise<DatabaseRow> {
  const database = await lockDatabase(trx, id)
  if (database.customer_id !== customerId) throw new ApiError('not_found', 'database not found')
  return database
}

/** 409 naming the state where the database does not serve. */
export function requireActive(database: DatabaseRow): void {
  if (database.state === 'ACTIVE') return
  throw new ApiError('database_not_active', `the database is ${database.state}`, {
    fields: { state: database.state },
  })
}
