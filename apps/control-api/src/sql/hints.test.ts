/** Refusals of what migrations ask for name what to use instead. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApi, type TestApi } from '../testing/api.ts'

let t: TestApi
let id: string
beforeAll(async () => {
  t = await startTestApi()
  id = (await t.createDatabase('hints')).id
})
afterAll(() => t?.dispose())

test.each([
  ["alter role anon set statement_timeout = '10s'", 'statement_timeout_ms'],
  ["alter role authenticated set statement_timeout = '10s'", 'statement_timeout_ms'],
  ["alter role authenticator set pgrst.db_aggregates_enabled = 'true'", 'aggregates_enabled'],
  [
    `create function ev() returns event_trigger language plpgsql as $$ begin end $$;
     create event trigger ev on ddl_command_end execute function ev()`,
    'triggers on tables',
  ],
  [`alter database postgres set "my.own" = 'x'`, 'app.settings'],
  ['create extension vector', 'DB9_EXTENSIONS'],
])('%s is refused and says: %s', async (query, hint) => {
  const reply = await t.call('POST', `/databases/${id}/sql`, { body: { query } })
  expect(reply.status).toBe(422)
  expect(reply.json.hint).toContain(hint)
})

test('other refusals keep what Postgres says', async () => {
  for (const query of ['alter role db9_super nologin', 'select absent from pg_class']) {
    const { json } = await t.call('POST', `/databases/${id}/sql`, { body: { query } })
    expect(json.hint ?? '').not.toContain('data-api')
  }
})
