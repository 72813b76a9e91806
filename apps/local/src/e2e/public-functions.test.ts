/** Functions as pages and servers call them: supabase-js unchanged, with keys, users, origins and limits of the data plane. */
import {
  createClient,
  FunctionsHttpError,
  FunctionsRelayError,
  type SupabaseClient,
} from '@supabase/supabase-js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startIdentityProvider, type TestIdentityProvider } from '../testing/identity.ts'
import { expectStatus, startTestStack, type TestStack } from '../testing/stack.ts'

const SCHEMA = `
  create table notes (id int primary key, owner text not null);
  alter table notes enable row level security;
  create policy own on notes for select to authenticated using (owner = auth.user_id());
  grant select on notes to authenticated, anon;
  insert into notes values (1, 'u1'), (2, 'u2'), (3, 'u1');
`

let stack: TestStack
let idp: TestIdentityProvider
let id: string
let key: string
let serviceKey: string
beforeAll(async () => {
  idp = await startIdentityProvider()
  stack = await startTestStack()
  id = (await stack.createDatabase('public', SCHEMA)).id
  key = (await stack.createKey(id)).value
  serviceKey = expectStatus(201, await stack.api('POST', `/databases/${id}/service-keys`, {})).json
    .service_key
  const byo_jwt = { jwks_url: idp.jwksUrl, issuer: idp.issuer, audience: idp.audience }
  expectStatus(200, await stack.api('PUT', `/databases/${id}/auth-config`, { byo_jwt }))
})
afterAll(async () => {
  await stack?.dispose()
  await idp?.close()
})

async function deploy(name: string, code: string, fields: Record<string, unknown> = {}) {
  const bundle_ref = `data:;base64,${Buffer.from(code).toString('base64')}`
  const body = { name, entrypoint: 'index.handler', bundle_ref, visibility: 'public', ...fields }
  return expectStatus(201, await stack.api('POST', `/databases/${id}/functions`, body)).json.function
}

const client = (accessToken?: string): SupabaseClient =>
  createClient(`${stack.url}/db/${id}`, key, {
    auth: { persistSession: false },
    ...(accessToken !== undefined && { accessToken: async () => accessToken }),
  })
const call = (path: string, init: RequestInit = {}) =>
  fetch(`${stack.url}/db/${id}/functions/v1/${path}`, {
    ...init,
    headers: { apikey: key, ...(init.headers as Record<string, string>) },
  })

describe('supabase-js', () => {
  beforeAll(async () => {
    await deploy('echo', 'exports.handler = (input, ctx) => ({ input, claims: ctx.claims })')
    await deploy(
      'worker',
      `export default { async fetch(request) {
        const body = await request.text()
        return Response.json({ method: request.method, path: new URL(request.url).pathname, body,
          type: request.headers.get('content-type'), apikey: request.headers.get('apikey'), auth: request.headers.get('authorization') })
      } }`,
      { entrypoint: 'index.default' },
    )
  })

  test('calls a handler with JSON and with text', async () => {
    const { data, error } = await client().functions.invoke('echo', { body: { n: 1 } })
    expect([data, error]).toEqual([{ input: { n: 1 }, claims: null }, null])
    expect((await client().functions.invoke('echo', { body: 'plain' })).data.input).toBe('plain')
    expect((await client().functions.invoke('echo')).data.input).toBeNull()
  })

  test.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const)('calls a Worker with %s', async (method) => {
    const { data } = await client().functions.invoke('worker', {
      method,
      ...(method !== 'GET' && { body: { a: 1 } }),
    })
    expect(data).toEqual({
      method,
      path: `/db/${id}/functions/v1/worker`,
      body: method === 'GET' ? '' : '{"a":1}',
      type: method === 'GET' ? null : 'application/json',
      apikey: null,
      auth: null,
    })
  })

  test('sends bytes and forms as they are', async () => {
    const { data } = await client().functions.invoke('worker', { body: new Blob(['xyz']) })
    expect([data.body, data.type]).toEqual(['xyz', 'application/octet-stream'])
    const form = new FormData()
    form.set('field', 'value')
    const sent = (await client().functions.invoke('worker', { body: form })).data
    expect(sent.type).toMatch(/^multipart\/form-data; boundary=/)
    expect(sent.body).toContain('value')
  })

  test('tells what the function says from what the service says', async () => {
    await deploy('teapot', 'exports.handler = () => new Response("short", { status: 418 })')
    await deploy('thrower', 'exports.handler = () => { throw new Error("of the owner alone") }')
    await deploy('slow', 'exports.handler = () => new Promise((r) => setTimeout(r, 60000))', {
      limits: { timeout_ms: 200 },
    })
    const teapot = await client().functions.invoke('teapot')
    expect(teapot.error).toBeInstanceOf(FunctionsHttpError)
    expect([teapot.error.context.status, await teapot.error.context.text()]).toEqual([418, 'short'])
    const thrown = await client().functions.invoke('thrower')
    expect(thrown.error).toBeInstanceOf(FunctionsHttpError)
    expect(await thrown.error.context.json()).toMatchObject({ code: 'DB9061' })
    expect(JSON.stringify(thrown)).not.toContain('of the owner alone')
    const late = await client().functions.invoke('slow')
    expect(late.error).toBeInstanceOf(FunctionsRelayError)
    expect(late.error.context.status).toBe(504)
    const { error } = await client().functions.invoke('absent')
    expect([error.context.status, (await error.context.json()).code]).toEqual([404, 'DB9060'])
  })

  test('acts as its user, each through the same isolate', async () => {
    await deploy(
      'mine',
      'exports.handler = async (_, ctx) => [ctx.claims?.sub ?? null, (await ctx.db.query("select id, current_user::text from notes order by id")).rows]',
    )
    const mine = async (sub?: string) =>
      (await client(sub && (await idp.token(sub))).functions.invoke('mine')).data
    const [first, second, none] = await Promise.all([mine('u1'), mine('u2'), mine()])
    expect(first).toEqual([
      'u1',
      [
        [1, 'authenticated'],
        [3, 'authenticated'],
      ],
    ])
    expect(second).toEqual(['u2', [[2, 'authenticated']]])
    expect(none).toEqual([null, []])
    const refused = await call('mine', { method: 'POST', headers: { authorization: 'Bearer a.b.c' } })
    expect(refused.status).toBe(401)
  })
})

test('a private function is called with a service key alone, and a disabled one with none', async () => {
  const made = await deploy(
    'private',
    'exports.handler = (_, ctx) => ctx.db.query("select current_user::text").then((r) => r.rows[0][0])',
    {
      visibility: 'private',
    },
  )
  expect((await call('private', { method: 'POST' })).status).toBe(404)
  const asService = { method: 'POST', headers: { apikey: serviceKey } }
  const reply = await call('private', asService)
  expect([reply.status, await reply.json()]).toEqual([200, 'service_role'])
  expectStatus(200, await stack.api('PATCH', `/databases/${id}/functions/${made.id}`, { enabled: false }))
  await expect.poll(async () => (await call('private', asService)).status).toBe(404)
})

test('keys, origins and limits hold as for the data plane, and a page reads each refusal', async () => {
  await deploy('open', 'exports.handler = () => 1')
  expect((await call('open', { method: 'POST', headers: { apikey: '' } })).status).toBe(401)
  const listed = await stack.createKey(id, {
    allowed_origins: ['https://app.example'],
    rate_limit: { rps: 1, burst: 2 },
  })
  const from = (origin: string) => call('open', { method: 'POST', headers: { apikey: listed.value, origin } })
  const foreign = await from('https://other.example')
  expect([foreign.status, foreign.headers.get('access-control-allow-origin')]).toEqual([
    403,
    'https://other.example',
  ])
  const statuses = await Promise.all([1, 2, 3, 4].map(async () => (await from('https://app.example')).status))
  expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(0)
  const preflight = await fetch(`${stack.url}/db/${id}/functions/v1/open`, {
    method: 'OPTIONS',
    headers: {
      origin: 'https://app.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'x-region',
    },
  })
  expect(preflight.headers.get('access-control-allow-headers')).toContain('x-region')
})

test('says nothing for the whole origin', async () => {
  await deploy(
    'loud',
    `exports.handler = () => new Response('<script>1</script>', { status: 201, headers: { 'content-type': 'text/html', 'set-cookie': 'a=1',
      'clear-site-data': '"*"', 'service-worker-allowed': '/', 'content-security-policy': "default-src *", 'access-control-allow-origin': 'https://evil.example',
      'www-authenticate': 'Basic', 'accept-ch': 'DPR', 'critical-ch': 'DPR', 'use-as-dictionary': 'match="/*"', 'set-login': 'logged-in',
      'activate-storage-access': 'load', 'speculation-rules': '"/x"', 'origin-agent-cluster': '?1', 'x-accel-redirect': '/x', 'x-sendfile': '/x',
      'x-ratelimit-remaining': '0', 'content-range': 'bytes 0-1/2', 'x-db9-answer': '2', 'strict-transport-security': 'max-age=1', 'x-own': 'kept', 'x-relay-error': 'true' } })`,
  )
  const reply = await call('loud', { headers: { origin: 'https://app.example' } })
  expect(reply.status).toBe(201)
  expect(reply.headers.get('x-own')).toBe('kept')
  expect(reply.headers.get('content-range')).toBe('bytes 0-1/2')
  expect(reply.headers.get('x-content-type-options')).toBe('nosniff')
  expect(reply.headers.get('content-security-policy')).toBe("sandbox; default-src 'none'")
  expect(reply.headers.get('access-control-allow-origin')).toBe('https://app.example')
  for (const name of [
    'set-cookie',
    'clear-site-data',
    'service-worker-allowed',
    'strict-transport-security',
    'x-relay-error',
    'x-db9-answer',
    'www-authenticate',
    'accept-ch',
    'critical-ch',
    'use-as-dictionary',
    'set-login',
    'activate-storage-access',
    'speculation-rules',
    'origin-agent-cluster',
    'x-accel-redirect',
    'x-sendfile',
    'x-ratelimit-remaining',
  ])
    expect(reply.headers.get(name), name).toBeNull()
})

test('an answer with an encoding is refused before anything decodes it, and its run says why', async () => {
  const made = await deploy(
    'packed',
    `const { gzipSync } = require('node:zlib')
     exports.handler = (_, ctx) => {
       const body = new URL(ctx.request.url).searchParams.has('automatic') ? ['plain', {}] : [gzipSync('packed'), { encodeBody: 'manual' }]
       return new Response(body[0], { headers: { 'content-encoding': 'gzip' }, ...body[1] })
     }`,
  )
  for (const path of ['packed', 'packed?automatic']) {
    const reply = await call(path, { headers: { 'accept-encoding': 'gzip' } })
    expect(reply.status).toBe(500)
    expect(await reply.json()).toMatchObject({ code: 'DB9061' })
  }
  const runs = `/databases/${id}/functions/${made.id}/runs`
  await expect.poll(async () => (await stack.api('GET', runs)).json[0]?.error).toContain('content-encoding')
})

test('streams what it writes as it is written, and ends with its client', async () => {
  const made = await deploy(
    'events',
    `export default { fetch(request, env, ctx) {
      const { readable, writable } = new TransformStream()
      const writer = writable.getWriter()
      const write = async () => {
        for (let i = 0; i < 100; i++) { await writer.write(new TextEncoder().encode('data: ' + i + '\\n\\n')); await new Promise((r) => setTimeout(r, 100)) }
      }
      ctx.waitUntil(write().catch(() => console.log('gone')))
      return new Response(readable, { headers: { 'content-type': 'text/event-stream' } })
    } }`,
    { entrypoint: 'index.fetch' },
  )
  const abort = new AbortController()
  const reply = await call('events', { signal: abort.signal })
  expect(reply.headers.get('content-type')).toBe('text/event-stream')
  const reader = (reply.body as ReadableStream<Uint8Array>).getReader()
  const first = new TextDecoder().decode((await reader.read()).value)
  expect(first).toContain('data: 0')
  expect(first).not.toContain('data: 99')
  abort.abort()
  const runs = `/databases/${id}/functions/${made.id}/runs`
  await expect
    .poll(async () => (await stack.api('GET', runs)).json[0]?.status, { timeout: 20_000 })
    .toBe('cancelled')
})

test('work after the answer goes on, and reaches the database', async () => {
  const made = await deploy(
    'after',
    `exports.handler = (_, ctx) => {
      ctx.waitUntil(new Promise((r) => setTimeout(r, 200)).then(() => ctx.db.query("insert into notes values (9, 'after')")))
      return 'answered'
    }`,
    { bypass_rls: true },
  )
  expect(await (await call('after', { method: 'POST' })).json()).toBe('answered')
  await expect
    .poll(async () => (await stack.sql(id, 'select owner from notes where id = 9')).json.rows)
    .toEqual([['after']])
  const runs = `/databases/${id}/functions/${made.id}/runs`
  await expect.poll(async () => (await stack.api('GET', runs)).json[0]?.status).toBe('completed')
})

test('a call leaves a run with its lines, and a changed secret counts within a second', async () => {
  expectStatus(201, await stack.api('POST', `/databases/${id}/secrets`, { name: 'WORD', value: 'first' }))
  const made = await deploy(
    'secretive',
    'exports.handler = (_, ctx) => { console.log("called"); return ctx.secrets.get("WORD") }',
    {
      secret_bindings: ['WORD'],
    },
  )
  expect(await (await call('secretive', { method: 'POST' })).json()).toBe('first')
  expectStatus(200, await stack.api('PUT', `/databases/${id}/secrets/WORD`, { value: 'second' }))
  await expect.poll(async () => (await call('secretive', { method: 'POST' })).json()).toBe('second')
  const path = `/databases/${id}/functions/${made.id}/runs`
  await expect.poll(async () => (await stack.api('GET', path)).json.length).toBeGreaterThan(1)
  const [run] = (await stack.api('GET', path)).json
  expect(run).toMatchObject({ trigger_type: 'api', status: 'completed', run_as: 'anon' })
  expect((await stack.api('GET', `${path}/${run.id}/logs`)).json.logs).toContain('called')
})
