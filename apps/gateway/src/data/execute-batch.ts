/** The executor for our own data proxy: one short request, and a reply that passes through. */
import type { PostgresFields } from '@db9/query'
import { INTERNAL_PATHS, MAX_PARTS, PARTS_HEADER, QUICK_HEADER, ROW_HEADER } from '@db9/types/internal'
import type { Config } from '../env.ts'
import { logError } from '../log.ts'
import { Lru } from '../lru.ts'
import { StreamedText } from '../outgoing-body.ts'
import { refusals } from '../refusals.ts'
import { type Asked, isShort, toBatchBody, toBatchesBody } from './batch-body.ts'
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

interface BatchRead extends Asked, Read<BatchRead, Part> {}

type Post = (path: string, body: string) => Promise<Response>

export function batchExecutor({ dataProxy, internalSecret }: Config): Executor {
  const logins = new Credentials(
    internalSecret,
    (_, credential) => new Headers({ authorization: `Bearer ${credential}` }),
  )
  const lanes = new Lru<Lane<BatchRead, Part>>(1_000)
  /** Texts of reads that the data proxy has called quick. */
  const quick = new Lru<true>(2_000)

  async function runAlone(asked: Asked, text: string, post: Post, timeoutMs: number): Promise<Executed> {
    const response = await answerWithin(timeoutMs, post(INTERNAL_PATHS.batch, toBatchBody(asked)))
    if (response.headers.has(QUICK_HEADER)) quick.set(text, true)
    if (response.status === 200) return readRow(response, asked.bodyColumn)
    if (response.status === 400) throw toExecuteError(await response.json<PostgresFields>())
    await response.body?.cancel()
    throw toStatusError(response.status)
  }

  return {
    async run(databaseId, batch, options) {
      const headers = logins.find(databaseId) ?? (await logins.renew(databaseId))
      const post: Post = (path, body) =>
        dataProxy.fetch(path, { method: 'POST', headers, body, redirect: 'manual' })
      const asked = { batch, bodyColumn: options.streamedColumn, requestId: options.requestId }
      const text = batch.statements.at(-1)?.text ?? ''
      const alone = () => runAlone(asked, text, post, options.timeoutMs)
      if (!batch.readOnly || !quick.get(text) || !isShort(batch)) return alone()
      const verdict = await laneOf(databaseId, lanes).join(toRead(asked, post, options))
      if (verdict.kind === 'answered') return readPart(verdict.answer, asked.bodyColumn)
      if (verdict.kind === 'alone') return alone().finally(verdict.end)
      quick.delete(text)
      return alone()
    },
  }
}

function laneOf(databaseId: string, lanes: Lru<Lane<BatchRead, Part>>): Lane<BatchRead, Part> {
  const known = lanes.get(databaseId)
  if (known) return known
  const lane = new Lane<BatchRead, Part>(MAX_PARTS, Date.now)
  lanes.set(databaseId, lane)
  return lane
}

function toRead(asked: Asked, post: Post, { waitUntil }: RunOptions): BatchRead {
  const send = async (reads: readonly BatchRead[]) => {
    const response = await post(INTERNAL_PATHS.batches, toBatchesBody(reads))
    if (response.status !== 200) {
      await response.body?.cancel()
      return []
    }
    const headBytes = Number(response.headers.get(PARTS_HEADER))
    const bytes = new Uint8Array(await response.arrayBuffer())
    const requestIds = reads.map(({ requestId }) => requestId)
    try {
      return readParts(bytes, headBytes, requestIds)
    } catch (error) {
      logError(error, { request_id: asked.requestId, route: 'batches' })
      return []
    }
  }
  return { ...asked, send, waitUntil }
}

async function readRow(response: Response, streamedColumn: number | null): Promise<Executed> {
  const header = response.headers.get(ROW_HEADER)
  if (header === null || streamedColumn === null) return { row: toRow(await response.json()), rest: null }
  return withRest(toRow(JSON.parse(header)), streamedColumn, StreamedText.of(response))
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
