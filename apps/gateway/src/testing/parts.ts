/** What stands behind the gateway in its own tests: small HTTP servers that speak the internal contract and record. */
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { SIGNATURE_HEADER, verifyRequest } from '@db9/internal-api/signature'
import { looksLikeSqlCredential, verifySqlCredential } from '@db9/internal-api/sql-credential'
import { hmacKey } from '@db9/types/crypto'
import {
  type BatchesRequest,
  type BatchRequest,
  INTERNAL_PATHS,
  type KeyConfig,
  PARTS_HEADER,
  type PartHead,
  QUICK_HEADER,
  ROW_HEADER,
} from '@db9/types/internal'

export interface TestPart {
  port: number
  /** `ended`: connections that the gateway has closed, as it does in the middle of a reply. */
  counts: { ended: number }
  close(): Promise<void>
}

export async function listen(
  handle: (request: IncomingMessage, body: string, response: ServerResponse) => unknown,
): Promise<TestPart> {
  const counts = { ended: 0 }
  const server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    try {
      for await (const chunk of request) chunks.push(chunk)
      await handle(request, Buffer.concat(chunks).toString(), response)
    } catch {
      response.destroy()
    }
  })
  // None is closed from here.
  server.keepAliveTimeout = 600_000
  server.on('connection', (socket) => {
    socket.on('close', () => {
      counts.ended++
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    counts,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

export interface TestControl extends TestPart {
  keys: Map<string, KeyConfig>
  /** Method, path and headers of what was forwarded. */
  forwarded: { method: string; path: string; headers: IncomingMessage['headers']; body: string }[]
  /** How often a key's configuration was read. */
  keyReads: number
  /** How often it was asked whether it serves. */
  healthReads: number
  /** While set, internal requests are answered with 500. */
  isDown: boolean
  /** What a file of /docs holds, where it is asked for one. */
  asset: string
}

/** The control API's internal routes, signed requests only; everything else is recorded as forwarded. */
export async function startControl(internalSecret: string): Promise<TestControl> {
  const secret = await hmacKey(internalSecret)
  const json = (response: ServerResponse, body: unknown) =>
    response
      .writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' })
      .end(JSON.stringify(body))
  const part = await listen(async (request, body, response) => {
    const { method = '', url: path = '', headers } = request
    if (path === '/internal/healthz') {
      state.healthReads++
      return response.writeHead(state.isDown ? 503 : 200).end()
    }
    if (path.startsWith('/internal/')) {
      const signature = headers[SIGNATURE_HEADER]
      const signed = await verifyRequest({ method, path, body }, String(signature), secret)
      if (signed === null) return response.writeHead(401).end()
      if (state.isDown) return response.writeHead(500).end()
      const [, , kind, id = ''] = path.split('/')
      if (kind === 'keys') {
        state.keyReads++
        return json(response, state.keys.get(id))
      }
      return json(response, undefined)
    }
    if (path === '/docs/viewer.js')
      return response.writeHead(200, { 'content-length': state.asset.length }).end(state.asset)
    state.forwarded.push({ method, path, headers, body })
    if (headers.authorization === 'Bearer bad') return response.writeHead(401).end('{"message":"no"}')
    if (path === '/customer/databases/db_none') return response.writeHead(404).end('{"message":"no"}')
    response.setHeader('x-db9-secret', 'internal').setHeader('x-answered', 'yes')
    return json(response, { ok: true })
  })
  const state: TestControl = {
    ...part,
    keys: new Map(),
    forwarded: [],
    keyReads: 0,
    healthReads: 0,
    isDown: false,
    asset: '',
  }
  return state
}

export interface Batch {
  statements: { text: string; params: (string | null)[] }[]
  readOnly: boolean
  rollback: boolean
  requestId: string
}

export interface TestProxy extends TestPart {
  /** Batches that ran statements of requests; reads of the catalog and of its version are counted apart. */
  batches: Batch[]
  catalogReads: number
  versionReads: number
  version: string
  /** The next main statements are answered with these, then with a row. */
  replies: { status: number; body: object }[]
  /** The main statement's columns of these names. */
  body: string
  /** The body for one batch, where it is not always the same. */
  bodyOf: ((batch: Batch) => string | Promise<string>) | null
  responseHeaders: string | null
  roles: (string | boolean | null)[][]
  /** Whether reads are called quick, so that the next may come together. */
  isQuick: boolean
  /** Batches that came together, call by call. */
  calls: Batch[][]
  /** How those are answered. */
  answerCall(batches: Batch[]): CallPart[] | Promise<CallPart[]>
}

/** The answer to one of several batches. */
export interface CallPart extends PartHead {
  body: string
}

/** The data proxy in both of its wires, for the gateway's login alone. */
export async function startProxy(internalSecret: string): Promise<TestProxy> {
  const secret = await hmacKey(internalSecret)
  const part = await listen(async (request, body, response) => {
    if (request.url === '/internal/healthz') return response.writeHead(200).end()
    const wire = request.url === '/sql' ? NEON : BATCH
    const send: Send = (status, reply, headers = {}) => {
      const text = typeof reply === 'string' ? reply : JSON.stringify(reply)
      return response
        .writeHead(status, {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(text),
          ...(state.isQuick ? { [QUICK_HEADER]: '1' } : {}),
          ...headers,
        })
        .end(text)
    }
    const { user, password } = wire.login(request.headers)
    const credential = looksLikeSqlCredential(password) ? await verifySqlCredential(password, secret) : null
    if (!credential || (user ?? `${credential.databaseId}.authenticator`) !== nameOf(credential)) {
      return send(400, { message: 'password authentication failed', code: '28P01', severity: 'FATAL' })
    }
    if (request.url === INTERNAL_PATHS.batches) {
      const batches = parseCall(body)
      state.calls.push(batches)
      return sendParts(await state.answerCall(batches), send)
    }
    const batch = wire.parse(body, request.headers)
    const answer = (row: (string | null)[]) => wire.answer(batch, row, send)
    const main = batch.statements.at(-1)
    if (main?.text.includes('pg_auth_members')) {
      state.catalogReads++
      return answer([catalogText(state)])
    }
    if (batch.statements.length === 1 && main?.text.includes('db9.ddl')) {
      state.versionReads++
      return answer([state.version])
    }
    state.batches.push(batch)
    const next = state.replies.shift()
    if (next) return send(next.status, next.body)
    return answer(rowOf({ ...state, body: (await state.bodyOf?.(batch)) ?? state.body }))
  })
  const state: TestProxy = {
    ...part,
    batches: [],
    catalogReads: 0,
    versionReads: 0,
    version: '7',
    replies: [],
    body: '[{"id":1}]',
    bodyOf: null,
    responseHeaders: null,
    roles: ROLES,
    isQuick: false,
    calls: [],
    answerCall: (batches) => batches.map((batch) => partOf(batch, state.body)),
  }
  return state
}

function rowOf({ body, responseHeaders }: Pick<TestProxy, 'body' | 'responseHeaders'>): (string | null)[] {
  return [null, '1', body, null, '0', responseHeaders, null]
}

/** One row, whose text is `body`. */
export function partOf({ requestId }: Batch, body: string): CallPart {
  const row = rowOf({ body: '', responseHeaders: null })
  return { requestId, status: 200, row, bytes: Buffer.byteLength(body), body }
}

function parseCall(body: string): Batch[] {
  const { texts, batches } = JSON.parse(body) as BatchesRequest
  return batches.map((batch) => ({
    ...batch,
    readOnly: true,
    statements: batch.statements.map(({ text, params }) => ({ text: texts[text] ?? '', params })),
  }))
}

type Send = (status: number, reply: unknown, headers?: Record<string, string>) => unknown

function sendParts(parts: CallPart[], send: Send): unknown {
  const heads = JSON.stringify(parts.map(({ body, ...head }) => head))
  const bodies = parts.map(({ body }) => body).join('')
  return send(200, heads + bodies, { [PARTS_HEADER]: String(heads.length) })
}

interface Wire {
  /** `user` is null where the credential alone says who it is. */
  login(headers: IncomingHttpHeaders): { user: string | null; password: string }
  parse(body: string, headers: IncomingHttpHeaders): Batch
  answer(batch: Batch, row: (string | null)[], send: Send): unknown
}

const nameOf = ({ databaseId, role }: { databaseId: string; role: string }) => `${databaseId}.${role}`

const BATCH: Wire = {
  login: ({ authorization = '' }) => ({ user: null, password: authorization.replace('Bearer ', '') }),
  parse: (body) => JSON.parse(body) as Batch,
  answer: (batch, row, send) => {
    const { bodyColumn } = batch as Batch & BatchRequest
    if (bodyColumn === null) return send(200, row)
    return send(200, row[bodyColumn] ?? '', { [ROW_HEADER]: JSON.stringify(row.with(bodyColumn, '')) })
  },
}

const NEON: Wire = {
  login: (headers) => {
    const { username, password } = new URL(String(headers['neon-connection-string']))
    return { user: username, password: decodeURIComponent(password) }
  },
  parse: (body, headers) => ({
    statements: (JSON.parse(body) as { queries: { query: string; params: string[] }[] }).queries.map(
      ({ query: text, params }) => ({ text, params }),
    ),
    readOnly: headers['neon-batch-read-only'] === 'true',
    rollback: headers['x-db9-batch-rollback'] === 'true',
    requestId: String(headers['x-request-id']),
  }),
  answer: ({ statements }, last, send) => {
    const result = (row: (string | null)[]) => ({
      fields: row.map((_, index) => ({ name: `c${index}`, dataTypeID: 25, format: 'text' })),
      rows: [row],
      command: 'SELECT',
      rowCount: 1,
      rowAsArray: true,
    })
    const results = statements.map((_, index) => result(index === statements.length - 1 ? last : ['']))
    return send(200, { results })
  },
}

const ROLES = [
  ['authenticator', false, false, false, false, false, null],
  ['anon', false, false, false, false, false, 'authenticator'],
  ['authenticated', false, false, false, false, false, 'authenticator'],
]

/** One table `public.notes (id int4 primary key, title text)` with row level security, one without. */
function catalogText({ roles, version }: TestProxy): string {
  const relation = (oid: number, name: string, rowSecurity: boolean) => [
    ...[oid, 'public', name, 'r', 0, rowSecurity, false, 'admin', false, false, false],
    [
      [1, 'id', 23, true, null, false],
      [2, 'title', 25, false, null, false],
    ],
  ]
  return JSON.stringify({
    version,
    relations: [relation(1, 'notes', true), relation(2, 'open_notes', false)],
    constraints: [[1, 'notes_pkey', 'p', [1], 0, null]],
    views: [],
    functions: [],
    handlers: [],
    types: [
      [23, 'pg_catalog', 'int4', 'b', 'N', 0, 'integer'],
      [25, 'pg_catalog', 'text', 'b', 'S', 0, 'text'],
    ],
    roles,
  })
}
