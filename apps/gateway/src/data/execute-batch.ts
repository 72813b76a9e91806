/** The executor for our own data proxy: one short request, and a reply that passes through. */
import type { Batch, PostgresFields, Statement } from '@db9/query'
import { INTERNAL_PATHS, ROW_HEADER } from '@db9/types/internal'
import type { Config } from '../env.ts'
import { refusals } from '../refusals.ts'
import { Credentials } from './credentials.ts'
import {
  type Executed,
  type Executor,
  ON_ITS_WAY,
  type Row,
  toExecuteError,
  toStatusError,
} from './execute.ts'

export function batchExecutor({ dataProxy, internalSecret }: Config): Executor {
  const logins = new Credentials(
    internalSecret,
    (_, credential) => new Headers({ authorization: `Bearer ${credential}` }),
  )
  return {
    async run(databaseId, batch, { timeoutMs, streamedColumn, requestId }) {
      const headers = logins.find(databaseId) ?? (await logins.renew(databaseId))
      const body = toBody(batch, streamedColumn, requestId)
      const sent = dataProxy.fetch(INTERNAL_PATHS.batch, {
        method: 'POST',
        headers,
        body,
        redirect: 'manual',
      })
      const response = await answerWithin(timeoutMs, sent)
      if (response.status === 200) return readRow(response, streamedColumn)
      if (response.status === 400) throw toExecuteError(await response.json<PostgresFields>())
      await response.body?.cancel()
      throw toStatusError(response.status)
    },
  }
}

/** A `BatchRequest`. The id is our own, of letters and digits. */
function toBody(
  { readOnly, rollback, statements }: Batch,
  bodyColumn: number | null,
  requestId: string,
): string {
  const [setup, ...rest] = statements
  const list = [JSON.stringify(setup), ...rest.map(jsonOf)].join()
  const head = `"readOnly":${readOnly},"rollback":${rollback},"bodyColumn":${bodyColumn},"requestId":"${requestId}"`
  return `{${head},"statements":[${list}]}`
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
  if (header === null || streamedColumn === null) return { row: toRow(await response.json()), stream: null }
  const row = toRow(JSON.parse(header))
  const streamed = row[streamedColumn] === null ? null : ON_ITS_WAY
  return { row: row.with(streamedColumn, streamed), stream: response.body }
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
