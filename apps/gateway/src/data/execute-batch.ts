/** The executor for our own data proxy: one short request, and a reply that passes through. */
import type { Batch, PostgresFields, Statement } from '@db9/query'
import { INTERNAL_PATHS, MAX_PARTS, PARTS_HEADER, QUICK_HEADER, ROW_HEADER } from '@db9/types/internal'
import type { Config } from '../env.ts'
import { logError } from '../log.ts'
import { Lru } from '../lru.ts'
import { refusals } from '../refusals.ts'
import { Credentials } from './credentials.ts'
import {
  type Executed,
  type Executor,
  ON_ITS_WAY,
  type Row,
  type RunOptions,
  toExecuteError,
  toStatusError,
} from './execute.ts'
import { Lane, type Read } from './lane.ts'
import { type Part, readParts } from './parts.ts'

/** What goes with others has no more parameters than this, in characters. */
const MAX_SHORT_LENGTH = 16 * 1024

interface BatchRead extends Read<BatchRead, Part> {
  batch: Batch
  bodyColumn: number | null
  requestId: string
}

export function batchExecutor({ dataProxy, internalSecret }: Config): Executor {
  const logins = new Credentials(
    internalSecret,
    (_, credential) => new Headers({ authorization: `Bearer ${credential}` }),
  )
  const lanes = new Lru<Lane<BatchRead, Part>>(1_000)
  /** Texts of reads that the data proxy has called quick. */
  const quick = new Lru<true>(2_000)

  function post(path: string, headers: Headers, body: string): Promise<Response> {
    return dataProxy.fetch(path, { method: 'POST', headers, body, redirect: 'manual' })
  }

  async function runAlone(headers: Headers, body: string, text: string, options: RunOptions) {
    const response = await answerWithin(options.timeoutMs, post(INTERNAL_PATHS.batch, headers, body))
    if (response.headers.has(QUICK_HEADER)) quick.set(text, true)
    if (response.status === 200) return readRow(response, options.streamedColumn)
    if (response.status === 400) throw toExecuteError(await response.json<PostgresFields>())
    await response.body?.cancel()
    throw toStatusError(response.status)
  }

  function laneOf(databaseId: string): Lane<BatchRead, Part> {
    const known = lanes.get(databaseId)
    if (known) return known
    const lane = new Lane<BatchRead, Part>(MAX_PARTS, Date.now)
    lanes.set(databaseId, lane)
    return lane
  }

  function toRead(headers: Headers, batch: Batch, options: RunOptions): BatchRead {
    const { requestId, streamedColumn: bodyColumn, waitUntil } = options
    const send = async (reads: readonly BatchRead[]) => {
      const response = await post(INTERNAL_PATHS.batches, headers, toBatchesBody(reads))
      if (response.status !== 200) {
        await response.body?.cancel()
        return []
      }
      const headBytes = Number(response.headers.get(PARTS_HEADER))
      const bytes = new Uint8Array(await response.arrayBuffer())
      try {
        return readParts(
          bytes,
          headBytes,
          reads.map((read) => read.requestId),
        )
      } catch (error) {
        logError(error, { request_id: requestId, route: 'batches' })
        return []
      }
    }
    return { batch, bodyColumn, requestId, send, waitUntil }
  }

  return {
    async run(databaseId, batch, options) {
      const headers = logins.find(databaseId) ?? (await logins.renew(databaseId))
      const text = batch.statements.at(-1)?.text ?? ''
      if (batch.readOnly && quick.get(text) && isShort(batch)) {
        const part = await laneOf(databaseId).join(toRead(headers, batch, options))
        if (part) return readPart(part, options.streamedColumn)
        quick.delete(text)
      }
      return runAlone(headers, toBody(batch, options), text, options)
    },
  }
}

/** A `BatchRequest`. The id is our own, of letters and digits. */
function toBody(
  { readOnly, rollback, statements }: Batch,
  { streamedColumn, requestId }: RunOptions,
): string {
  const [setup, ...rest] = statements
  const list = [JSON.stringify(setup), ...rest.map(jsonOf)].join()
  const head = `"readOnly":${readOnly},"rollback":${rollback},"bodyColumn":${streamedColumn},"requestId":"${requestId}"`
  return `{${head},"statements":[${list}]}`
}

function isShort({ statements }: Batch): boolean {
  let length = 0
  for (const { params } of statements) for (const value of params) length += value?.length ?? 0
  return length <= MAX_SHORT_LENGTH
}

/** A `BatchesRequest`. */
function toBatchesBody(reads: readonly BatchRead[]): string {
  const texts = new Map<string, number>()
  const placeOf = (text: string) => {
    const place = texts.get(text) ?? texts.size
    texts.set(text, place)
    return place
  }
  const batches = reads.map(({ batch: { rollback, statements }, bodyColumn, requestId }) => ({
    rollback,
    bodyColumn,
    requestId,
    statements: statements.map(({ text, params }) => ({ text: placeOf(text), params })),
  }))
  return JSON.stringify({ texts: [...texts.keys()], batches })
}

const known = new WeakMap<Statement, string>()

/** Of one that comes again with the next session; its text is long. */
function jsonOf(statement: Statement): string {
  const json = known.get(statement) ?? JSON.stringify(statement)
  known.set(statement, json)
  return json
}

async function readRow(response: Response, streamedColumn: number | null): Promise<Executed> {
  const header = response.headers.get(ROW_HEADER)
  if (header === null || streamedColumn === null) return { row: toRow(await response.json()), rest: null }
  return withRest(toRow(JSON.parse(header)), streamedColumn, response.body)
}

function readPart({ status, row, body }: Part, streamedColumn: number | null): Executed {
  const json = () => JSON.parse(new TextDecoder().decode(body))
  if (status === 400) throw toExecuteError(json())
  if (status !== 200) throw toStatusError(status)
  if (row === null || streamedColumn === null) return { row: toRow(json()), rest: null }
  return withRest(row, streamedColumn, body)
}

function withRest(row: Row, column: number, rest: Executed['rest']): Executed {
  return { row: row.with(column, row[column] === null ? null : ON_ITS_WAY), rest }
}

function toRow(value: unknown): Row {
  if (!Array.isArray(value)) throw new Error('the last statement returned no row')
  return value
}

/**
 * A timer beside the fetch, since a signal in it would cost each request a tenth of its time. What is still under way
 * when a request is answered, workerd ends with it. Throws `databaseAway` where nobody answers.
 */
async function answerWithin(timeoutMs: number, sent: Promise<Response>): Promise<Response> {
  let timer: ReturnType<typeof setTimeout> | null = null
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(refusals.databaseAway()), timeoutMs)
  })
  try {
    return await Promise.race([sent.catch(throwAway), late])
  } finally {
    clearTimeout(timer)
  }
}

/** The service behind the binding did not take the connection, or ended it. */
function throwAway(): never {
  throw refusals.databaseAway()
}
