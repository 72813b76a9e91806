/** The route that gives what a database defines as types of a language. */
import type { DatabaseEngine } from '@db9/engine'
import type { ROUTES } from '@db9/types'
import type { TokenUses } from '../auth/token-uses.ts'
import { requireActive } from '../databases/store.ts'
import { ApiError, unprocessable } from '../errors.ts'
import { bind } from '../http/bind.ts'
import type { Handler } from '../http/call.ts'
import { parseIdentifier } from '../postgres-names.ts'
import type { SqlQueue } from '../sql/queue.ts'
import { wake } from '../sql/wake.ts'
import type { Threads } from '../threads/threads.ts'
import type { TypesOrder, TypesOutcome } from './types-worker.ts'

export interface TypesDeps {
  engine: Pick<DatabaseEngine, 'connect'>
  sqlQueue: SqlQueue
  threads: Pick<Threads, 'run'>
  tokenUses: TokenUses
}

const LIMITS = { memoryMb: 256, limitMs: 30_000 }
/** Of the catalog, as it arrives. */
const MOST_BYTES = 16 * 2 ** 20
const MOST_SCHEMAS = 20
const MODULE = new URL('./types-worker.ts', import.meta.url)

/** Wakes the database → a thread reads its catalog as admin and writes the types. */
const getTypes: Handler<typeof ROUTES.getTypes, TypesDeps> = async (deps, call) => {
  const { caller, database, query, request } = call
  const schemas = parseSchemas(query.schemas ?? 'public')
  const language = query.lang ?? 'typescript'
  requireActive(database)
  const account = caller.customerId
  const outcome = await deps.tokenUses.whileValid(caller, request, (signal) =>
    deps.sqlQueue.run({ databaseId: database.id, account }, signal, async () => {
      const { address, database: name, logins } = await wake(deps.engine, database.id)
      const login = { as: 'admin' as const, address, database: name, logins, readOnly: true, isOurs: true }
      const order: TypesOrder = { login, language, schemas, mostBytes: MOST_BYTES }
      return deps.threads.run<TypesOutcome>(MODULE, order, { ...LIMITS, signal })
    }),
  )
  return { status: 200, body: { types: toTypes(outcome) } }
}

/** Names between commas. */
function parseSchemas(text: string): string[] {
  const schemas = [...new Set(text.split(',').map((name) => name.trim()))]
  if (schemas.length > MOST_SCHEMAS) throw unprocessable('schemas', `must be at most ${MOST_SCHEMAS}`)
  return schemas.map((name) => parseIdentifier(name, 'schemas'))
}

function toTypes(outcome: TypesOutcome | null): string {
  if (outcome?.kind === 'types') return outcome.text
  if (outcome?.kind === 'no_schema') throw unprocessable('schemas', `there is no schema "${outcome.schema}"`)
  if (outcome?.kind === 'too_large') {
    throw new ApiError('result_too_large', 'the database defines too much; ask for fewer schemas')
  }
  const reason = outcome?.reason ?? 'it took too long or too much memory'
  throw new ApiError('unavailable', `the types could not be made: ${reason}`, { retryAfter: 5 })
}

export function typesHandlers(deps: TypesDeps) {
  return bind(deps, { getTypes })
}
