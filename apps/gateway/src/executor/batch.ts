/** The executor for our own data proxy: one short request, and a reply that passes through as it comes. */
import type { PostgresFields } from '@db9/query'
import { INTERNAL_PATHS, MAX_PARTS, PARTS_HEADER, QUICK_HEADER, ROW_HEADER } from '@db9/types/internal'
import { within } from '@db9/types/within'
import type { Config } from '../config.ts'
import { StreamedText } from '../http/outgoing-body.ts'
import { refusals } from '../http/refusals.ts'
import { logError } from '../log.ts'
import { Lru } from '../lru.ts'
import { type BatchCall, isShort, toBatchBody, toBatchesBody } from './batch-body.ts'
import { type Part, readParts } from './batch-parts.ts'
import {
  type Executed,
  type Executor,
  type Row,
  type RunOptions,
  STREAMED_BODY,
  toExecuteError,
  toStatusError,
} from './executor.ts'
import { type Read, ReadCoalescer } from './read-coalescer.ts'
import { nameOfLogin, SqlLogins } from './sql-login.ts'

interface BatchRead extends BatchCall, Read<BatchRead, Part> {}

type Post = (path: string, body: string) => Promise<Response>

export function batchExecutor({ dataProxy, internalSecret }: Config): Executor {
  const logins = new SqlLogins(
    internalSecret,
    (_, credential) => new Headers({ authorization: `Bearer ${credential}` }),
  )
  const coalescers = new Lru<ReadCoalescer<BatchRead, Part>>(1_000)
  /** Texts of reads that the data proxy has called quick. */
  const quick = new Lru<true>(2_000)

  async function runSolo(asked: BatchCall, text: string, post: Post, timeoutMs: number): Promise<Executed> {
    const response = await answerWithin(timeoutMs, post(INTERNAL_PATHS.batch, toBatchBody(asked)))
    if (response.headers.has(QUICK_HEADER)) quick.set(text, true)
    if (response.status === 200) return readRow(response, asked.bodyColumn)
    if (response.status === 400) throw toExecuteError(await response.json<PostgresFields>())
    await response.body?.cancel()
    throw toStatusError(response.status)
  }

  return {
    async run(databaseId, batch, options) {
      const login = { databaseId, role: options.login }
      const headers = logins.find(login) ?? (await logins.renew(login))
      const post: Post = (path, body) =>
        dataProxy.fetch(path, { method: 'POST', headers, body, redirect: 'manual' })
      const asked = { batch, bodyColumn: options.streamedColumn, requestId: options.requestId }
      const text = batch.statements.at(-1)?.text ?? ''
      const solo = () => runSolo(asked, text, post, options.timeoutMs)
      const mayShare = batch.readOnly && batch.isolation === 'read committed' && isShort(batch)
      if (!mayShare || !quick.get(text)) return solo()
      const outcome = await coalescerOf(nameOfLogin(login), coalescers).join(toRead(asked, post, options))
      if (outcome.kind === 'answered') return readPart(outcome.answer, asked.bodyColumn)
      if (outcome.kind === 'solo') return solo().finally(outcome.end)
      quick.delete(text)
      return solo()
    },
  }
}

/** A call is made under one login, so reads of another do not share it. */
function coalescerOf(
  login: string,
  coalescers: Lru<ReadCoalescer<BatchRead, Part>>,
): ReadCoalescer<BatchRead, Part> {
  const known = coalescers.get(login)
  if (known) return known
  const coalescer = new ReadCoalescer<BatchRead, Part>(MAX_PARTS, Date.now)
  coalescers.set(login, coalescer)
  return coalescer
}

function toRead(asked: BatchCall, post: Post, { waitUntil }: RunOptions): BatchRead {
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
  return { row: row.with(column, row[column] === null ? null : STREAMED_BODY), rest }
}

function toRow(value: unknown): Row {
  if (!Array.isArray(value)) throw new Error('the last statement returned no row')
  return value
}

/**
 * A timer beside the fetch, because an AbortSignal would cost each request a tenth of its time. workerd cancels a pending
 * fetch once its request is answered. Throws `databaseUnavailable` where the data proxy does not answer.
 */
function answerWithin(timeoutMs: number, sent: Promise<Response>): Promise<Response> {
  return within(timeoutMs, sent.catch(throwUnavailable), throwUnavailable)
}

/** The data proxy did not take the connection, ended it, or does not answer. */
function throwUnavailable(): never {
  throw refusals.databaseUnavailable()
}
