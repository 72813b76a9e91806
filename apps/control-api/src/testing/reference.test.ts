import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApi, type TestApi, type TestReply } from './api.ts'

/** A request of DB9's REST reference, as its page gives it, and the reply that it shows. */
interface Example {
  title: string
  method: string
  path: string
  body: unknown
  bearer: boolean
  response: unknown
}

const EXAMPLES: Example[] = JSON.parse(
  readFileSync(join(import.meta.dirname, 'reference-examples.json'), 'utf8'),
)

/** Null here where the page shows a value. */
const MAY_BE_NULL = new Set([
  // The owner of an installation has neither; their own token does not expire.
  'GET /customer/me .email',
  'POST /customer/adopt-anonymous-databases/preflight .database_limit',
  'GET /customer/tokens .0.expires_at',
  // It was made without one.
  'GET /customer/databases .0.region',
  // There are no files yet; and this key never expires.
  'POST /customer/databases/{database_id}/connect-token .fs_websocket_url',
  'GET /customer/databases/{database_id}/connect-keys .0.expires_at',
  // Before the first PUT.
  'GET /customer/databases/{database_id}/auth-config .byo_jwt',
  'GET /customer/databases/{database_id}/auth-config .created_at',
  'GET /customer/databases/{database_id}/auth-config .updated_at',
  // Never a guess: `unavailable` has the reason.
  ...[
    '.summary.latency_p99_ms',
    '.summary.fs_logical_bytes',
    '.samples.0.error_count',
    '.samples.0.latency_p99_ms',
    '.samples.0.last_seen_ms_ago',
  ].map((field) => `GET /customer/databases/{database_id}/observability ${field}`),
])

let t: TestApi
/** What stands in an example for what it needs, and what it is here. */
const known = new Map<string, string>()
beforeAll(async () => {
  t = await startTestApi()
})
afterAll(() => t?.dispose())

/** Makes what an example needs and an earlier one has not made. */
const BEFORE: Record<string, () => Promise<unknown>> = {
  'POST /customer/adopt-anonymous-databases/preflight': async () => {
    const token = known.get('anonymous token') ?? ''
    const { id } = await t.createDatabase('of-the-anonymous', { token })
    known.set('db_01h9xx', id)
  },
  'DELETE /customer/databases/{database_id}': async () => {
    known.set('kept', known.get('db_01h9xx') ?? '')
    known.set('db_01h9xx', (await t.createDatabase('to-be-deleted')).id)
  },
  'POST /customer/databases/{database_id}/reset-password': async () => {
    known.set('db_01h9xx', known.get('kept') ?? '')
  },
  'GET /customer/databases/{database_id}/schema': () =>
    t.sql(
      known.get('db_01h9xx') ?? '',
      `create table users (id int not null, email text not null, created_at timestamp);
       insert into users values (1, 'alice@example.com'), (2, 'bob@example.com');
       create view active_users as select * from users`,
    ),
  'GET /customer/databases/{database_id}/users': () =>
    t.sql(known.get('db_01h9xx') ?? '', 'create role another login'),
  'GET /customer/databases/{database_id}/migrations': async () => {
    await t.sql(known.get('db_01h9xx') ?? '', 'drop table users cascade')
    const body = { name: 'first', sql: 'select 1' }
    await t.call('POST', `/databases/${known.get('db_01h9xx')}/migrations`, { body })
  },
  'DELETE /customer/databases/{database_id}/backups/{backup_id}': async () => {
    const path = `/databases/${known.get('db_01h9xx')}/backups`
    await expect
      .poll(async () => (await t.call('GET', `${path}/${known.get('bkp_01h9xx')}`)).json.state, {
        timeout: 30_000,
      })
      .toBe('ready')
  },
  'POST /customer/restores': async () => {
    const path = `/databases/${known.get('db_01h9xx')}/backups`
    const { id } = (await t.call('POST', path, { body: {} })).json
    known.set('bkp_01h9xx', id)
    await expect
      .poll(async () => (await t.call('GET', `${path}/${id}`)).json.state, { timeout: 30_000 })
      .toBe('ready')
  },
}

/** Keeps what later examples refer to. */
const AFTER: Record<string, (json: Record<string, string>) => void> = {
  'POST /customer/anonymous-register': ({ anonymous_id, anonymous_secret, token }) => {
    known.set('anon_01h9xx', anonymous_id ?? '')
    known.set('sk_anon_xx', anonymous_secret ?? '')
    known.set('anonymous token', token ?? '')
  },
  'POST /customer/databases': ({ id }) => known.set('db_01h9xx', id ?? ''),
  'POST /customer/databases/{database_id}/connect-keys': ({ id }) => known.set('ck_01h9xx', id ?? ''),
  'POST /customer/databases/{database_id}/publishable-keys': ({ id }) => known.set('ck_01h9xx', id ?? ''),
  'POST /customer/databases/{database_id}/backups': ({ id }) => known.set('bkp_01h9xx', id ?? ''),
  'POST /customer/restores': ({ id }) => known.set('rst_01h9xx', id ?? ''),
  'POST /customer/tokens': ({ id }) => known.set('tok_01h9xx', id ?? ''),
}

/** The example's own text with what it is here. Names that begin alike are not mixed up. */
function filled(text: string): string {
  return text.replaceAll(/[a-z_]+_01h9xx|sk_anon_xx/g, (name) => known.get(name) ?? name)
}

async function send({ method, path, body, bearer }: Example): Promise<TestReply> {
  return t.call(method, filled(path.replace('/customer', '')), {
    ...(!bearer && { token: null, headers: { 'x-db9-client-address': '198.51.100.7' } }),
    ...(body !== null && { body: JSON.parse(filled(JSON.stringify(body))) }),
  })
}

/** Where a reply lacks a field of the example, or has it as another type. */
function differences(shown: unknown, found: unknown, path: string): string[] {
  if (found === null && shown !== null) {
    return MAY_BE_NULL.has(path) ? [] : [`${path} is null`]
  }
  if (Array.isArray(shown)) {
    if (!Array.isArray(found)) return [`${path} is no list`]
    if (shown.length > 0 && found.length === 0) return [`${path} is empty`]
    return shown.length === 0 ? [] : differences(shown[0], found[0], `${path}.0`)
  }
  if (typeof shown !== typeof found) return [`${path} is ${typeof found}, not ${typeof shown}`]
  if (typeof shown !== 'object' || shown === null) return []
  return Object.entries(shown).flatMap(([field, value]) =>
    differences(value, (found as Record<string, unknown>)[field], `${path}.${field}`),
  )
}

describe('each example of the REST reference, in its order', () => {
  test.each(EXAMPLES.map((example): [string, Example] => [example.title, example]))(
    '%s',
    async (title, example) => {
      await BEFORE[title]?.()
      const reply = await send(example)
      expect([200, 201], reply.text).toContain(reply.status)
      const { response } = example
      if (response !== null) expect(differences(response, reply.json, `${title} `)).toEqual([])
      const { message } = (response ?? {}) as { message?: string }
      if (message !== undefined) expect(reply.json.message).toBe(message)
      AFTER[title]?.(reply.json)
    },
    60_000,
  )
})
