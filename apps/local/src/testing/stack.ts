import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LocalOptions } from '../config.ts'
import { type LocalStack, startLocal } from '../start.ts'

export interface Reply {
  status: number
  headers: Headers
  text: string
  /** The parsed body; undefined where there is none or it is no JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: bodies of many shapes, each asserted where it is used
  json: any
}

export interface TestDatabase {
  id: string
  connection_string: string
  admin_password: string
}

export interface RestOptions {
  method?: string
  key?: string
  jwt?: string
  origin?: string
  headers?: Record<string, string>
  body?: unknown
}

/** The calls that tests make as the owner and as a caller. */
export interface TestCalls {
  api(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>
  createDatabase(name: string, sql?: string): Promise<TestDatabase>
  sql(databaseId: string, query: string): Promise<Reply>
  createKey(databaseId: string, fields?: Record<string, unknown>): Promise<{ id: string; value: string }>
  rest(databaseId: string, path: string, options?: RestOptions): Promise<Reply>
  /**
   * Statements that callers ran in the database since its counters began, those that only ask for the catalog's
   * version or read it left out.
   */
  callerStatements(databaseId: string): Promise<number>
}

/** A stack of its own in a temporary folder, on free ports. */
export interface TestStack extends LocalStack, TestCalls {
  /** Stops the stack and removes its folder. */
  dispose(): Promise<void>
}

export async function startTestStack(options: LocalOptions = {}): Promise<TestStack> {
  const base = mkdtempSync(join(tmpdir(), 'db9-e2e-'))
  // Open to the servers' own user: else the data would lie in the system's folders and stay there.
  chmodSync(base, 0o755)
  const home = options.home ?? join(base, 'home')
  // All of a test's requests come from one address, and many are to fail.
  const stack = await startLocal({ port: 0, pgPort: 0, poolSize: 1, failedRequests: 0, ...options, home })

  return {
    ...stack,
    ...callsOf(stack),
    dispose: async () => {
      await stack.stop()
      rmSync(base, { recursive: true, force: true })
    },
  }
}

export function callsOf({ url, ownerToken }: { url: string; ownerToken: string }): TestCalls {
  const api: TestCalls['api'] = (method, path, body, headers = {}) =>
    call(`${url}/customer${path}`, {
      method,
      headers: { authorization: `Bearer ${ownerToken}`, ...headers },
      body,
    })
  const sql: TestCalls['sql'] = (databaseId, query) => api('POST', `/databases/${databaseId}/sql`, { query })

  return {
    api,
    sql,
    createDatabase: async (name, script) => {
      const created = expectStatus(201, await api('POST', '/databases', { name }))
      if (script !== undefined) expectStatus(200, await sql(created.json.id, script))
      return created.json
    },
    createKey: async (databaseId, fields = {}) => {
      const path = `/databases/${databaseId}/publishable-keys`
      const { json } = expectStatus(201, await api('POST', path, fields))
      return { id: json.id, value: json.publishable_key }
    },
    rest: (databaseId, path, { method = 'GET', key, jwt, origin, headers = {}, body } = {}) =>
      call(`${url}/db/${databaseId}/rest/v1/${path}`, {
        method,
        headers: {
          ...(key === undefined ? {} : { apikey: key }),
          ...(jwt === undefined ? {} : { authorization: `Bearer ${jwt}` }),
          ...(origin === undefined ? {} : { origin }),
          ...headers,
        },
        body,
      }),
    callerStatements: async (databaseId) => {
      const { json } = expectStatus(
        200,
        await sql(
          databaseId,
          `select coalesce(sum(calls), 0)::int from extensions.pg_stat_statements s join pg_roles r on r.oid = s.userid
           where r.rolname in ('anon', 'authenticated')`,
        ),
      )
      return json.rows[0][0]
    },
  }
}

interface CallOptions {
  method?: string
  headers?: Record<string, string>
  body?: unknown
}

export async function call(
  url: string,
  { method = 'GET', headers = {}, body }: CallOptions = {},
): Promise<Reply> {
  const response = await fetch(url, {
    method,
    headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: parseJson(text) }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export function expectStatus(status: number, reply: Reply): Reply {
  if (reply.status !== status) throw new Error(`expected ${status}, got ${reply.status}: ${reply.text}`)
  return reply
}
