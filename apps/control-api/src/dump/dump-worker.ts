/** A thread that dumps one database; it is ended with its sessions once it has told the outcome. */
import { Socket } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'
import pg from 'pg'
import { loginOf, type SessionLogin } from '../sql/session.ts'
import { ByteBudget, DumpTooLarge, socketWithin } from './byte-budget.ts'
import { type Contents, readContents } from './contents.ts'
import { NotDumpable, PgDumpFailed, runPgDump } from './pg-dump.ts'
import { Wire } from './wire.ts'

export interface DumpOrder {
  login: SessionLogin
  ddlOnly: boolean
  /** Leaves out the rows of vault, which a read-only token may not read. */
  withoutSecrets: boolean
  mostBytes: number
}

export type DumpOutcome =
  /** The reply of the REST API, as JSON in UTF-8. */
  | { kind: 'reply'; json: Uint8Array<ArrayBuffer> }
  | { kind: 'too_large' }
  | { kind: 'not_dumpable'; reason: string }
  | { kind: 'failed'; reason: string }

async function dump({ login, ddlOnly, withoutSecrets, mostBytes }: DumpOrder): Promise<string> {
  // Looks at what there is, and holds one moment of it for pg_dump.
  const budget = new ByteBudget(mostBytes)
  const looking = new pg.Client({ ...loginOf(login), stream: () => socketWithin(budget) })
  const socket = new Socket()
  const dumping = new pg.Client({ ...loginOf(login), stream: () => socket })
  for (const client of [looking, dumping]) client.on('error', () => {})
  await looking.connect()
  await dumping.connect()
  await looking.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
  const { rows } = await looking.query<{ snapshot: string }>('select pg_export_snapshot() as snapshot')
  const contents = await readContents(looking, { withoutSecrets }).catch((error: unknown) => {
    throw budget.isSpent ? new DumpTooLarge(mostBytes) : error
  })
  const moment = [`--snapshot=${rows[0]?.snapshot}`, ...(ddlOnly ? ['--schema-only'] : [])]
  const sql = await writeDump(new Wire(socket, budget), contents, moment)
  // Names and expressions are sent once and may be written several times.
  if (Buffer.byteLength(sql) > mostBytes) throw new DumpTooLarge(mostBytes)
  return sql
}

/** Few, so that a reader of the dump need not hold a long statement; more than one, since each costs a round trip. */
const ROWS_PER_INSERT = 500

/** A table that is locked for long fails the dump, so that it does not keep others waiting. */
const ALWAYS = [`--rows-per-insert=${ROWS_PER_INSERT}`, '--lock-wait-timeout=5s']

async function writeDump(wire: Wire, contents: Contents, moment: readonly string[]): Promise<string> {
  const { serverVersion, args, rowArgs, before, after } = contents
  const dumped = (more: readonly string[]) => runPgDump(wire, serverVersion, [...moment, ...ALWAYS, ...more])
  const isSchemaOnly = moment.includes('--schema-only')
  // Rows that the owner's own rows refer to come first.
  const rows = rowArgs && !isSchemaOnly ? await dumped([...rowArgs, '--on-conflict-do-nothing']) : ''
  const own = await dumped(args)
  return `${before}\n\n${rows}${own}\n${after}`
}

/** The headers that pg_dump writes above each object. */
const OBJECT = /^-- Name: .*; Type: .*; Schema: /gm

async function execute(order: DumpOrder): Promise<DumpOutcome> {
  try {
    const sql = await dump(order)
    const reply = { sql, object_count: sql.match(OBJECT)?.length ?? 0 }
    return { kind: 'reply', json: new TextEncoder().encode(JSON.stringify(reply)) }
  } catch (error) {
    if (error instanceof DumpTooLarge) return { kind: 'too_large' }
    if (error instanceof NotDumpable) return { kind: 'not_dumpable', reason: error.message }
    const isToTell = error instanceof PgDumpFailed || error instanceof pg.DatabaseError
    return { kind: 'failed', reason: isToTell ? error.message : 'the connection to the database was lost' }
  }
}

const outcome = await execute(workerData as DumpOrder)
parentPort?.postMessage(outcome, outcome.kind === 'reply' ? [outcome.json.buffer] : [])
