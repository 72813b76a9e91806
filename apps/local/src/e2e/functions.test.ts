/** Functions over the REST API: deployed, run as a role of the database, bounded, and shut in. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectStatus, startTestStack, type TestStack } from '../testing/stack.ts'

const SCHEMA = `
  create table notes (id int primary key, owner text not null default auth.user_id(), body text);
  alter table notes enable row level security;
  create policy own on notes for all to authenticated using (owner = auth.user_id()) with check (owner = auth.user_id());
  grant all on notes to authenticated;
  create role app_user;
  create table for_app (id int);
  grant select on for_app to app_user;
  insert into notes values (1, 'someone', 'hidden');
`

let stack: TestStack
let id: string
beforeAll(async () => {
  stack = await startTestStack()
  id = (await stack.createDatabase('code', SCHEMA)).id
})
afterAll(() => stack?.dispose())

const dataUrl = (code: string) => `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`
const api = (method: string, path: string, body?: unknown) =>
  stack.api(method, `/databases/${id}/functions${path}`, body)

let named = 0
async function deploy(code: string, fields: Record<string, unknown> = {}) {
  const name = `f${++named}`
  const body = { name, entrypoint: 'index.handler', bundle_ref: dataUrl(code), ...fields }
  return expectStatus(201, await api('POST', '', body)).json
}

async function invoke(functionId: string, input?: unknown) {
  const { json } = expectStatus(
    200,
    await api('POST', `/${functionId}/invoke`, input === undefined ? {} : { input }),
  )
  return { ...json, result: json.result_json === null ? null : JSON.parse(json.result_json) }
}

async function logsOf(functionId: string, runId: string): Promise<string> {
  return expectStatus(200, await api('GET', `/${functionId}/runs/${runId}/logs`)).json.logs
}

describe('a function', () => {
  test('is deployed, run and logged as the reference has it', async () => {
    const made = await deploy(`
      module.exports = { handler: async (input, ctx) => {
        console.log('hello', input, ctx.self.triggerType)
        return { doubled: input.n * 2, run: ctx.self.runId }
      } }`)
    expect(made.function).toMatchObject({ enabled: true, visibility: 'private' })
    expect(made.version).toMatchObject({
      version: 1,
      entrypoint: 'index.handler',
      run_as: null,
      bypass_rls: false,
    })
    const run = await invoke(made.function.id, { n: 21 })
    expect(run).toMatchObject({
      status: 'completed',
      function_id: made.function.id,
      version_id: made.version.id,
    })
    expect(run.result).toEqual({ doubled: 42, run: run.run_id })
    expect(await logsOf(made.function.id, run.run_id)).toMatch(/^\S+Z \[info\] hello \{ n: 21 \} invoke$/)
    const [listed] = expectStatus(200, await api('GET', `/${made.function.id}/runs`)).json
    expect(listed).toMatchObject({
      id: run.run_id,
      trigger_type: 'invoke',
      status: 'completed',
      run_as: 'authenticated',
      attempt: 1,
    })
    const shown = expectStatus(200, await api('GET', `/${made.function.name}/runs/${run.run_id}`)).json
    expect(JSON.parse(shown.result_json)).toEqual(run.result)
  })

  test.each([
    ['a module of ECMAScript', 'export const handler = (input) => [input]', 'index.handler'],
    ['a default export', 'export default async (input) => [input]', 'index.handler'],
    [
      'a Worker',
      'export default { async fetch(request) { return Response.json([await request.json()]) } }',
      'index.fetch',
    ],
    [
      'what esbuild makes of CommonJS',
      'module.exports = { __esModule: true, default: { fetch: async (r) => Response.json([await r.json()]) } }',
      'index.default',
    ],
    [
      'built-in modules of Node',
      "const { createHash } = require('node:crypto'); exports.handler = (input) => createHash('sha256') && [input]",
      'index.handler',
    ],
  ])('may be %s', async (_, code, entrypoint) => {
    const made = await deploy(code, { entrypoint })
    expect((await invoke(made.function.id, 'x')).result).toEqual(['x'])
  })

  test('that does not load is refused with what the runtime says, and nothing is kept', async () => {
    const before = (await api('GET', '')).json.length
    for (const [code, said] of [
      ['export const handler = (', /SyntaxError|Unexpected/],
      ["import x from 'left-pad'; export const handler = x", /left-pad/],
      ["throw new Error('at the top')", /at the top/],
      ['exports.other = 1', /index\.handler is not there.*other/],
    ] as const) {
      const body = { name: 'broken', entrypoint: 'index.handler', bundle_ref: dataUrl(code) }
      const reply = await api('POST', '', body)
      expect([reply.status, reply.json.message]).toEqual([422, expect.stringMatching(said)])
    }
    expect((await api('GET', '')).json).toHaveLength(before)
  })

  test('gets new versions, goes back to an older one, and is switched off', async () => {
    const made = await deploy('exports.handler = () => 1')
    const { id: functionId } = made.function
    const next = { entrypoint: 'index.handler', bundle_ref: dataUrl('exports.handler = () => 2') }
    const put = expectStatus(200, await api('PUT', `/${functionId}`, next)).json
    expect(put.version.version).toBe(2)
    expect((await invoke(functionId)).result).toBe(2)
    expectStatus(200, await api('POST', `/${functionId}/versions/${made.version.id}/activate`))
    expect((await invoke(functionId)).result).toBe(1)
    expectStatus(200, await api('PATCH', `/${functionId}`, { enabled: false }))
    expect((await api('POST', `/${functionId}/invoke`, {})).status).toBe(409)
    expect((await api('DELETE', `/${functionId}`)).status).toBe(204)
    expect((await api('GET', `/${functionId}`)).status).toBe(404)
  })
})

describe('SQL of a function', () => {
  const QUERY = 'exports.handler = (input, ctx) => ctx.db.query(input.sql, input.params)'

  test('runs as its role, and has rows as arrays', async () => {
    const { function: made } = await deploy(QUERY)
    const { result } = await invoke(made.id, {
      sql: 'select current_user::text as who, $1::int + 1 as n, (select count(*) from notes) as notes',
      params: [1],
    })
    expect(result).toEqual({
      columns: [
        { name: 'who', type: 'text' },
        { name: 'n', type: 'integer' },
        { name: 'notes', type: 'bigint' },
      ],
      rows: [['authenticated', 2, '0']],
      row_count: 1,
      command: 'SELECT',
    })
  })

  test('cannot leave its role, and what it sets ends with the statement', async () => {
    const { function: made } = await deploy(QUERY)
    for (const role of ['admin', 'service_role', 'app_user', 'db9_super'])
      expect((await invoke(made.id, { sql: `select set_config('role', '${role}', false)` })).status).toBe(
        'failed',
      )
    const forged = JSON.stringify({ sub: 'someone' })
    await invoke(made.id, { sql: `select set_config('request.jwt.claims', '${forged}', false)` })
    await invoke(made.id, { sql: 'reset role' })
    const { result } = await invoke(made.id, {
      sql: 'select current_user::text, auth.user_id(), (select count(*) from notes)',
    })
    expect(result.rows).toEqual([['authenticated', null, '0']])
  })

  test('runs as a role of the owner, or past row level security, where the owner says so', async () => {
    const asApp = await deploy(QUERY, { run_as: 'app_user' })
    const asService = await deploy(QUERY, { bypass_rls: true })
    const seen = async (functionId: string, sql: string) => (await invoke(functionId, { sql })).result?.rows
    expect(await seen(asApp.function.id, 'select current_user::text, count(*) from for_app')).toEqual([
      ['app_user', '0'],
    ])
    expect(await seen(asApp.function.id, 'select * from notes')).toBeUndefined()
    expect(await seen(asService.function.id, 'select current_user::text, count(*) from notes')).toEqual([
      ['service_role', '1'],
    ])
    const body = { name: 'x', entrypoint: 'index.handler', bundle_ref: dataUrl(QUERY), run_as: 'db9_super' }
    expect((await api('POST', '', body)).status).toBe(422)
  })

  test('an error of the database reaches the code with its SQLSTATE', async () => {
    const { function: made } = await deploy(
      'exports.handler = (_, ctx) => ctx.db.query("select 1/0").catch((e) => [e.code, e.message])',
    )
    expect((await invoke(made.id)).result).toEqual(['22012', 'division by zero'])
  })
})

test('a bound secret is there by its alias, and a changed one is seen by the next run', async () => {
  const secrets = `/databases/${id}/secrets`
  expectStatus(201, await stack.api('POST', secrets, { name: 'API_KEY', value: 'first' }))
  const { function: made } = await deploy(
    'exports.handler = (_, ctx) => [ctx.secrets.get("KEY"), process.env.KEY, ctx.secrets.get("API_KEY") ?? null]',
    { secret_bindings: ['KEY=API_KEY'] },
  )
  expect((await invoke(made.id)).result).toEqual(['first', 'first', null])
  expectStatus(200, await stack.api('PUT', `${secrets}/API_KEY`, { value: 'second' }))
  expect((await invoke(made.id)).result).toEqual(['second', 'second', null])
  expectStatus(204, await stack.api('DELETE', `${secrets}/API_KEY`))
  expect((await api('POST', `/${made.id}/invoke`, {})).status).toBe(422)
})

describe('a hostile function', () => {
  const answers = async () => {
    const { function: made } = await deploy('exports.handler = () => "well"')
    expect((await invoke(made.id)).result).toBe('well')
  }

  test('that waits is ended at its time, and one that loops is, too; what it wrote is kept', async () => {
    for (const code of [
      'exports.handler = async () => { console.log("before"); await new Promise((r) => setTimeout(r, 60000)) }',
      'exports.handler = () => { console.log("before"); for (;;); }',
    ]) {
      const { function: made } = await deploy(code, { limits: { timeout_ms: 500 } })
      const run = await invoke(made.id)
      expect(run).toMatchObject({ status: 'timed_out', result_json: null })
      expect(await logsOf(made.id, run.run_id)).toContain('before')
      await answers()
    }
  })

  test('that takes memory ends alone', async () => {
    for (const code of [
      'exports.handler = () => { const all = []; for (;;) all.push(new Array(1e5).fill(0.5)) }',
      'exports.handler = () => { const all = []; for (;;) all.push(new Uint8Array(32e6).fill(1)) }',
    ]) {
      const { function: made } = await deploy(code)
      expect((await invoke(made.id)).status).toBe('failed')
      await answers()
      expect((await stack.sql(id, 'select 1')).status).toBe(200)
    }
  })

  test('that floods its log keeps the first lines, and the run ends', async () => {
    const { function: made } = await deploy(
      'exports.handler = () => { for (let i = 0; i < 20000; i++) console.log(i, "x".repeat(200)); return 1 }',
    )
    const run = await invoke(made.id)
    expect(run.status).toBe('completed')
    const lines = (await logsOf(made.id, run.run_id)).split('\n')
    expect(lines.length).toBeLessThanOrEqual(1_001)
    expect(lines.at(-1)).toContain('output cut')
  })

  test('reaches no file, no socket and no address', async () => {
    const { function: made } = await deploy(
      `exports.handler = async () => {
        const tried = {}
        const attempt = async (name, work) => { try { tried[name] = String(await work()) } catch (e) { tried[name] = 'refused' } }
        await attempt('passwd', () => require('node:fs').readFileSync('/etc/passwd', 'utf8'))
        await attempt('workerd', () => require('node:fs').readFileSync('/db9/files/workerd.capnp', 'utf8'))
        await attempt('loopback', async () => (await fetch('http://127.0.0.1:${new URL(stack.url).port}/healthz')).status === 403 ? 'refused' : 'reached')
        await attempt('host', async () => (await fetch('http://host/db', { method: 'POST', body: '{}' })).status === 403 ? 'refused' : 'reached')
        await attempt('eval', () => (0, eval)('1'))
        await attempt('socket', () => new Promise((resolve, reject) => { const s = require('node:net').connect(5433, '127.0.0.1'); s.on('connect', () => resolve('reached')); s.on('error', reject) }))
        return tried
      }`,
      { network_allowlist: ['https://example.com'] },
    )
    const { result } = await invoke(made.id)
    expect(new Set(Object.values(result))).toEqual(new Set(['refused']))
  })

  test.each([
    'http://127.0.0.1',
    'http://[::1]',
    'http://0x7f000001',
    'http://2130706433',
    'http://169.254.169.254',
    'http://localhost',
  ])('may list %s, and reaches it not', async (origin) => {
    const { function: made } = await deploy(
      'exports.handler = async (url) => { const r = await fetch(url); return [r.status, r.headers.get("x-db9-egress")] }',
      { network_allowlist: [origin.includes('[') ? 'https://a.example' : origin] },
    )
    expect((await invoke(made.id, `${origin}/`)).result).toEqual([403, 'denied'])
  })
})

test('no value of a secret and no line of a function is in a log of the service', async () => {
  const [secret, line] = ['canary-of-a-secret', 'canary-of-a-line']
  expectStatus(201, await stack.api('POST', `/databases/${id}/secrets`, { name: 'CANARY', value: secret }))
  const { function: made } = await deploy(
    `exports.handler = async (_, ctx) => {
      console.log('${line}', ctx.secrets.get('CANARY'))
      await ctx.db.query("select '${line}' from nowhere").catch(() => null)
      throw new Error('${line} ' + ctx.secrets.get('CANARY'))
    }`,
    { secret_bindings: ['CANARY'] },
  )
  const run = await invoke(made.id)
  expect(run.status).toBe('failed')
  expect(await logsOf(made.id, run.run_id)).toContain(`${line} ${secret}`)
  const folder = join(stack.home, 'logs')
  const logs = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'))
  expect(logs.length).toBeGreaterThan(2)
  for (const canary of [secret, line]) expect(logs.filter((text) => text.includes(canary))).toEqual([])
})

test('a read-write token runs what the account deployed, and leaves behind no way to the rights of the owner', async () => {
  const database = await stack.createDatabase('shared')
  const root = `/databases/${database.id}`
  const scope_json = JSON.stringify({ databases: [{ id: database.id, access: 'rw' }] })
  const { token } = expectStatus(201, await stack.api('POST', '/tokens', { name: 'agent', scope_json })).json
  const asAgent = (method: string, path: string, body?: unknown) =>
    stack.api(method, `${root}${path}`, body, { authorization: `Bearer ${token}` })

  const code = (returned: string) => ({
    entrypoint: 'index.handler',
    bundle_ref: dataUrl(`exports.handler = async (_, ctx) => ${returned}`),
  })
  const ofAccount = { name: 'of-account', ...code(`(await ctx.db.query('select 1')).rows`) }
  const { function: made, version } = expectStatus(
    201,
    await stack.api('POST', `${root}/functions`, ofAccount),
  ).json
  const key = await stack.createKey(database.id)
  expectStatus(201, await stack.api('POST', `${root}/secrets`, { name: 'S1', value: 'of-the-account' }))
  const kept = async () =>
    Promise.all(
      ['/functions', '/publishable-keys', '/service-keys', '/secrets', '/data-api', '/auth-config'].map(
        async (path) => expectStatus(200, await stack.api('GET', `${root}${path}`)).json,
      ),
    )
  const before = await kept()

  const planted = `create function own() returns int language plpgsql security definer as $$ begin
      create role intruder login password 'intruder'; alter role admin password 'intruder'; return 1; end $$;
    grant execute on function own() to public`
  expectStatus(200, await asAgent('POST', '/sql', { query: planted }))
  expectStatus(403, await asAgent('POST', '/sql', { query: 'select own()' }))
  const takeover = code(`(await ctx.db.query('select own()')).rows`)
  const readsSecret = { ...code(`ctx.secrets.get('S1')`), secret_bindings: ['S1'] }
  for (const [method, path, body] of [
    ['POST', '/functions', { name: 'by-agent', ...takeover }],
    ['POST', '/functions', { name: 'by-agent', ...readsSecret }],
    ['POST', '/functions', { name: 'by-agent', ...takeover, cron_schedule: '* * * * *' }],
    ['PUT', `/functions/${made.id}`, takeover],
    ['PATCH', `/functions/${made.id}`, { visibility: 'public' }],
    ['POST', `/functions/${made.id}/versions/${version.id}/activate`, undefined],
    ['DELETE', `/functions/${made.id}`, undefined],
    ['PUT', '/secrets/S1', { value: 'of-the-agent' }],
    ['POST', '/publishable-keys', { exposed_functions: ['*'], allow_no_origin: true }],
    ['POST', '/publishable-keys', {}],
    ['PATCH', `/publishable-keys/${key.id}`, { exposed_functions: ['own'] }],
    ['POST', `/publishable-keys/${key.id}/rotate`, {}],
    ['POST', '/service-keys', {}],
    ['PUT', '/data-api', { pre_request: 'own' }],
    ['PUT', '/auth-config', { byo_jwt: null }],
  ] as const) {
    const { json } = expectStatus(403, await asAgent(method, path, body))
    expect(json.message, `${method} ${path}`).toContain('needs a token of the whole account')
  }
  expect(await kept()).toEqual(before)
  const run = expectStatus(200, await asAgent('POST', `/functions/${made.id}/invoke`, {})).json
  expect([run.status, run.result_json, run.version_id]).toEqual(['completed', '[[1]]', version.id])

  const client = new pg.Client(database.connection_string)
  await client.connect()
  const { rows } = await client.query(`select from pg_roles where rolname = 'intruder'`)
  await client.end()
  expect(rows).toEqual([])
})

test('a run can be cancelled, and three at once have their own lines', async () => {
  const { function: slow } = await deploy(
    'exports.handler = async (n) => { console.log("run", n); await new Promise((r) => setTimeout(r, n)); console.log("end", n); return n }',
  )
  const waiting = invoke(slow.id, 30_000)
  await expect.poll(async () => (await api('GET', `/${slow.id}/runs`)).json[0]?.status).toBe('running')
  const [{ id: runId }] = (await api('GET', `/${slow.id}/runs`)).json
  await expect.poll(async () => (await api('POST', `/${slow.id}/runs/${runId}/cancel`)).status).toBe(200)
  expect((await waiting).status).toBe('cancelled')
  const runs = await Promise.all([50, 100, 150].map((n) => invoke(slow.id, n)))
  for (const run of runs) {
    const logs = await logsOf(slow.id, run.run_id)
    expect(logs.match(/\d+$/gm)).toEqual([String(run.result), String(run.result)])
  }
})
