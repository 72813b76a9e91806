/** Control API, data proxy, functions and gateway as processes that know each other by their variables alone. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually, postmasterOf, processesNaming } from '../testing/command.ts'
import { PARTS, type PartName, type PartsApart, runPart, startPartsApart } from '../testing/parts-apart.ts'
import { call, expectStatus, type TestDatabase } from '../testing/stack.ts'

const NAMES = Object.keys(PARTS) as PartName[]

describe('processes of their own', () => {
  let parts: PartsApart
  let database: TestDatabase

  beforeAll(async () => {
    parts = await startPartsApart()
    database = await parts.createDatabase(
      'app',
      `create table notes (id int primary key); alter table notes enable row level security;
       create policy all_may_read on notes for select using (true);
       create policy all_may_write on notes for insert with check (true); insert into notes values (1)`,
    )
  })
  afterAll(() => parts?.dispose())

  async function connect(connectionString: string): Promise<pg.Client> {
    const client = new pg.Client({ connectionString })
    client.on('error', () => {})
    await client.connect()
    return client
  }

  async function countBy(connectionString: string): Promise<number> {
    const client = await connect(connectionString)
    const { rows } = await client.query('select count(*)::int as n from notes')
    await client.end()
    return rows[0].n
  }

  test('each answers at its health route', async () => {
    expect((await call(`${parts.urls.gateway}/healthz`)).status).toBe(200)
    for (const name of ['control-api', 'data-proxy', 'functions'] as const)
      expect((await call(`${parts.urls[name]}/internal/healthz`)).status).toBe(200)
  })

  test('serve the data plane, /sql and the wire protocol; a revoked key is refused at once', async () => {
    const key = await parts.createKey(database.id)
    expect(
      (await parts.rest(database.id, 'notes', { key: key.value, method: 'POST', body: { id: 2 } })).status,
    ).toBe(201)
    expect((await parts.rest(database.id, 'notes?order=id', { key: key.value })).json).toEqual([
      { id: 1 },
      { id: 2 },
    ])
    expect((await parts.sql(database.id, 'select count(*)::int from notes')).json.rows).toEqual([[2]])
    expect(await countBy(database.connection_string)).toBe(2)

    expectStatus(200, await parts.api('DELETE', `/databases/${database.id}/publishable-keys/${key.id}`))
    expect((await parts.rest(database.id, 'notes', { key: key.value })).status).toBe(401)
  })

  test('run a function over the REST API and for a key, with SQL', async () => {
    const code =
      'exports.handler = (_, ctx) => ctx.db.query("select count(*)::int from notes").then((r) => r.rows)'
    const fields = { entrypoint: 'index.handler', visibility: 'public', bypass_rls: true }
    const bundle_ref = `data:;base64,${Buffer.from(code).toString('base64')}`
    const at = `/databases/${database.id}/functions`
    expectStatus(201, await parts.api('POST', at, { name: 'count', bundle_ref, ...fields }))
    const { result_json } = expectStatus(200, await parts.api('POST', `${at}/count/invoke`, {})).json
    expect(result_json).toBe('[[2]]')
    const { value: apikey } = await parts.createKey(database.id)
    const url = `${parts.urls.gateway}/db/${database.id}/functions/v1/count`
    expect((await call(url, { method: 'POST', headers: { apikey } })).json).toEqual([[2]])
  })

  test('a reset of a password ends the logins that the data proxy remembers', async () => {
    const { connection_string: old } = expectStatus(
      200,
      await parts.api('GET', `/databases/${database.id}/credentials`),
    ).json
    const overHttp = async () => {
      const init = { method: 'POST', headers: { 'neon-connection-string': old } }
      const body = JSON.stringify({ query: 'select 1', params: [] })
      return (await fetch(`${parts.urls['data-proxy']}/sql`, { ...init, body })).status
    }
    expect(await overHttp()).toBe(200)
    const reset = expectStatus(200, await parts.api('POST', `/databases/${database.id}/reset-password`, {}))
    expect(await overHttp()).not.toBe(200)
    await expect(connect(old)).rejects.toMatchObject({ code: '28P01' })
    expect(await countBy(reset.json.connection_string)).toBe(2)
    database.connection_string = reset.json.connection_string
  })

  test('a database sleeps once the data proxy lets it go, and wakes for the next client', async () => {
    const settings = `/databases/${database.id}/settings`
    expectStatus(200, await parts.api('PUT', settings, { suspend_after_seconds: 1 }))
    const awake = async () => expectStatus(200, await parts.api('GET', '/self-check')).json.awake
    await eventually('it sleeps', 30_000, async () => (await awake()) === 0)
    expect(await countBy(database.connection_string)).toBe(2)
    expect(await awake()).toBe(1)
  })

  test('doctor finds each well, and shows no secret', async () => {
    for (const name of NAMES) {
      const { code, output } = await runPart(name, {
        home: parts.homes[name],
        env: parts.env[name],
        args: ['doctor'],
      })
      expect([name, code, output]).toEqual([name, 0, expect.stringContaining('Variables:')])
      expect(output).toMatch(/DB9_INTERNAL_SECRET +set\n/)
      expect(output).not.toContain(String(parts.env[name].DB9_INTERNAL_SECRET))
    }
  })

  test('doctor tells where a part has another secret than the one that it asks', async () => {
    for (const name of NAMES) {
      const env = { ...parts.env[name], DB9_INTERNAL_SECRET: 'another-secret-of-some-32-letters' }
      const { code, output } = await runPart(name, { home: parts.homes[name], env, args: ['doctor'] })
      expect([name, code, output]).toEqual([name, 1, expect.stringContaining('refuses the signature')])
    }
  })

  test('no process argument holds a secret, nor does the environment of a database’s server', async () => {
    const { DB9_INTERNAL_SECRET = '', DB9_KEY_SECRET = '' } = parts.env['control-api']
    expect(processesNaming(DB9_INTERNAL_SECRET, DB9_KEY_SECRET)).toEqual([])
    await countBy(database.connection_string)
    const pid = postmasterOf(join(parts.homes['control-api'], 'pg'), database.id)
    expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toMatch(/DB9_/)
  })

  describe('while one is away', () => {
    const read = async (key: string) => (await parts.rest(database.id, 'notes', { key })).status
    /** What callers see without each. The control API takes the databases' servers with it. */
    const WITHOUT: Record<PartName, (key: string) => Promise<unknown>> = {
      'control-api': async (key) => expect(await read(key)).toBe(503),
      'data-proxy': async () => expectStatus(200, await parts.sql(database.id, 'select 1')),
      functions: async () => {
        const path = `/databases/${database.id}/functions/count/invoke`
        expect((await parts.api('POST', path, {})).status).toBe(503)
      },
      gateway: async () => expect(await countBy(database.connection_string)).toBe(2),
    }

    test.each(NAMES)('the %s, the others go on and say so, and work with the next one', async (name) => {
      const { value: key } = await parts.createKey(database.id)
      expect(await read(key)).toBe(200)
      expect(await parts.stop(name)).toBe(0)
      await WITHOUT[name](key)
      const asking = name === 'control-api' ? 'data-proxy' : 'control-api'
      const doctor = { home: parts.homes[asking], env: parts.env[asking], args: ['doctor'] }
      const { code, output } = await runPart(asking, doctor)
      expect([code, output]).toEqual([1, expect.stringMatching(/does not answer/)])
      await parts.start(name)
      await eventually('it serves again', 30_000, async () => (await read(key).catch(() => null)) === 200)
      expect(await countBy(database.connection_string)).toBe(2)
    })
  })

  test('SIGTERM ends each within 5 s and leaves no process', async () => {
    for (const name of ['gateway', 'functions', 'data-proxy', 'control-api'] as const) {
      const limit = sleep(5_000, 'too late', { ref: false })
      expect([name, await Promise.race([parts.stop(name), limit])]).toEqual([name, 0])
    }
    await eventually('no process is left', 5_000, () => {
      return processesNaming(...Object.values(parts.homes)).length === 0
    })
  })
})

describe('a variable that is missing or makes no sense', () => {
  const folder = mkdtempSync(join(tmpdir(), 'db9-variables-'))
  const home = join(folder, 'home')
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const SECRET = 'a-secret-of-thirty-two-characters'
  const RIGHT: Record<PartName, Record<string, string>> = {
    'control-api': { DB9_DATA_PROXY_URL: 'http://127.0.0.1:9', DB9_GATEWAY_URL: 'http://127.0.0.1:9' },
    'data-proxy': { DB9_CONTROL_URL: 'http://127.0.0.1:9', DB9_INTERNAL_SECRET: SECRET },
    functions: {
      DB9_CONTROL_URL: 'http://127.0.0.1:9',
      DB9_DATA_PROXY_URL: 'http://127.0.0.1:9',
      DB9_INTERNAL_SECRET: SECRET,
    },
    gateway: {
      DB9_CONTROL_URL: 'http://127.0.0.1:9',
      DB9_DATA_PROXY_URL: 'http://127.0.0.1:9',
      DB9_INTERNAL_SECRET: SECRET,
      DB9_KEY_SECRET: SECRET,
    },
  }

  test.each([
    ['control-api', 'DB9_GATEWAY_URL', '', 'is missing. Set it to the origin of the gateway'],
    ['control-api', 'DB9_DATA_PROXY_URL', 'proxy', 'is "proxy". Set it to the URL of the data proxy'],
    ['control-api', 'DB9_CONTROL_PORT', 'http', 'is "http", which is not a port'],
    ['control-api', 'DB9_KEY_SECRET', 'short', 'is shorter than 32 characters. Set it to'],
    ['data-proxy', 'DB9_CONTROL_URL', '', 'is missing. Set it to the URL of the control API'],
    ['data-proxy', 'DB9_INTERNAL_SECRET', '', 'is missing. Set it to that of the control API'],
    ['functions', 'DB9_DATA_PROXY_URL', '', 'is missing. Set it to the URL of the data proxy'],
    ['functions', 'DB9_ISOLATION', 'maybe', 'is "maybe". Set it to'],
    ['gateway', 'DB9_KEY_SECRET', '', 'is missing. Set it to that of the control API'],
    ['gateway', 'DB9_CONTROL_URL', 'https://a.example', 'is "https://a.example". Set it to the URL'],
    ['gateway', 'DB9_TRUSTED_PROXIES', 'me', 'holds "me". Set it to addresses or blocks'],
  ] as const)('ends the %s by its name: %s=%s', async (name, variable, value, said) => {
    const { code, output } = await runPart(name, { home, env: { ...RIGHT[name], [variable]: value } })
    expect([code, output]).toEqual([1, expect.stringContaining(`${variable} ${said}`)])
    expect(output).not.toMatch(/^ {4}at /m)
    expect(existsSync(home)).toBe(false)
  })

  test('ends each by DB9_HOME where that is not set', async () => {
    for (const name of NAMES) {
      const { code, output } = await runPart(name, { home: '', env: RIGHT[name] })
      expect([code, output]).toEqual([1, expect.stringContaining('DB9_HOME')])
    }
  })
})
