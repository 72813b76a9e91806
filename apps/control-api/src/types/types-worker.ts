/** A thread that reads what a database defines and writes it as types of a language. */
import { parentPort, workerData } from 'node:worker_threads'
import {
  generatePython,
  generateTypescript,
  introspect,
  sortGeneratorMetadata,
} from '@supabase/postgrest-typegen'
import pg from 'pg'
import { ByteBudget, socketWithin } from '../dump/byte-budget.ts'
import { loginOf, type SessionLogin } from '../sql/session.ts'

export interface TypesOrder {
  login: SessionLogin
  language: 'typescript' | 'python'
  schemas: string[]
  mostBytes: number
}

export type TypesOutcome =
  | { kind: 'types'; text: string }
  | { kind: 'no_schema'; schema: string }
  | { kind: 'too_large' }
  | { kind: 'failed'; reason: string }

const STATEMENT_TIMEOUT_MS = 20_000
/** As PostgREST's major version, which supabase-js takes its own types by. */
const POSTGREST_VERSION = '14'

type Metadata = Awaited<ReturnType<typeof introspect>>

/** Of one moment. The session's search_path is Postgres' catalog alone, so that an owner's names change nothing in the queries. */
async function read({ login, schemas }: TypesOrder, budget: ByteBudget): Promise<Metadata> {
  const client = new pg.Client({
    ...loginOf(login),
    stream: () => socketWithin(budget),
    statement_timeout: STATEMENT_TIMEOUT_MS,
  })
  client.on('error', () => {})
  await client.connect()
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
  // They are asked for all at once, and a session answers one at a time.
  let last: Promise<unknown> = Promise.resolve()
  const query = (sql: string) => {
    const answer = last.then(() => client.query(sql))
    last = answer.catch(() => {})
    return answer
  }
  return introspect({ query }, { includedSchemas: schemas })
}

async function write(metadata: Metadata, { language, schemas: [defaultSchema = 'public'] }: TypesOrder) {
  const sorted = sortGeneratorMetadata(metadata)
  if (language === 'python') return generatePython(sorted)
  return generateTypescript(sorted, {
    detectOneToOneRelationships: true,
    postgrestVersion: POSTGREST_VERSION,
    defaultSchema,
  })
}

async function execute(order: TypesOrder): Promise<TypesOutcome> {
  const budget = new ByteBudget(order.mostBytes)
  try {
    const metadata = await read(order, budget)
    const missing = order.schemas.find((schema) => !metadata.schemas.some(({ name }) => name === schema))
    if (missing !== undefined) return { kind: 'no_schema', schema: missing }
    return { kind: 'types', text: await write(metadata, order) }
  } catch (error) {
    if (budget.isSpent) return { kind: 'too_large' }
    const reason =
      error instanceof pg.DatabaseError ? error.message : 'the database did not answer as it should'
    return { kind: 'failed', reason }
  }
}

parentPort?.postMessage(await execute(workerData as TypesOrder))
