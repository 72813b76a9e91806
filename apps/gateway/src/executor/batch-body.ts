/** The bodies of calls to our own data proxy, as JSON. */
import type { Batch, Statement } from '@db9/query'
import type { BatchesRequest } from '@db9/types/internal'

/** A batch for one request. */
export interface BatchCall {
  batch: Batch
  /** The column whose text becomes the body of the reply; null for none. */
  bodyColumn: number | null
  requestId: string
}

/** A batch that is sent with others has at most this many characters of parameters. */
const MAX_SHORT_LENGTH = 16 * 1024

export function isShort({ statements }: Batch): boolean {
  let length = 0
  for (const { params } of statements) for (const value of params) length += value?.length ?? 0
  return length <= MAX_SHORT_LENGTH
}

/** A `BatchRequest`. The request id is our own, of letters and digits, and needs no escapes. */
export function toBatchBody({ batch, bodyColumn, requestId }: BatchCall): string {
  const { readOnly, isolation, rollback, statements } = batch
  const [setup, ...rest] = statements
  const list = [JSON.stringify(setup), ...rest.map(jsonOf)].join()
  const head = `"readOnly":${readOnly},"isolation":"${isolation}","rollback":${rollback},"bodyColumn":${bodyColumn},"requestId":"${requestId}"`
  return `{${head},"statements":[${list}]}`
}

const known = new WeakMap<Statement, string>()

/** Remembered: the same statement comes again with the next session, and its text is long. */
function jsonOf(statement: Statement): string {
  const json = known.get(statement) ?? JSON.stringify(statement)
  known.set(statement, json)
  return json
}

/** A `BatchesRequest`, which holds each text once. */
export function toBatchesBody(asked: readonly BatchCall[]): string {
  const places = new Map<string, number>()
  const placeOf = (text: string) => {
    const place = places.get(text) ?? places.size
    places.set(text, place)
    return place
  }
  const batches = asked.map(({ batch: { rollback, statements }, bodyColumn, requestId }) => ({
    rollback,
    bodyColumn,
    requestId,
    statements: statements.map(({ text, params }) => ({ text: placeOf(text), params })),
  }))
  const request: BatchesRequest = { texts: [...places.keys()], batches }
  return JSON.stringify(request)
}
