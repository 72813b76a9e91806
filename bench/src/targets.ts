/** What is loaded, and with which requests: one table. */
import { type Fixture, ORIGIN, ROW_IDS } from './fixture.ts'
import { type LoadResult, requestBytes, runLoad } from './load.ts'
import { planSameSql } from './same-sql.ts'
import { quantile } from './stats.ts'
import { openWires, type WireTarget } from './wire.ts'

export interface Target {
  name: string
  run(options: { seconds: number; connections: number }): Promise<LoadResult>
  /** Sends one request and throws where its answer is not the right one. */
  check(): Promise<void>
}

export interface Ports {
  stack: number
  direct: number
  lite: number
  postgraphile: number
  hopDirect: number
  hopLite: number
  hopPostgraphile: number
  hello: number
  verify: number
}

interface HttpTarget {
  name: string
  port: number
  expect: number
  tolerate?: number
  requests: Array<{ method?: string; path: string; headers?: Record<string, string>; body?: string }>
  /** Text that the body of every right answer holds. */
  holds: string
}

const REQUESTS = 256
/** For one answer of each kind; a key of one request a second lets the first one pass, and a busy machine is slow. */
const CHECK_SECONDS = 0.5
const JSON_BODY = { 'content-type': 'application/json' }
const everyId = <T>(make: (id: string, i: number) => T): T[] =>
  Array.from({ length: REQUESTS }, (_, i) => make(ROW_IDS[(i * 37) % ROW_IDS.length] ?? '2', i))

const SELECT = 'select=id,title,body'
const rowPath = (prefix: string) => (id: string) => `${prefix}/items?${SELECT}&id=eq.${id}`
const listPath = (prefix: string) => `${prefix}/items?${SELECT}&order=id&limit=10`

export function httpTargets(ports: Ports, fixture: Fixture): Target[] {
  return [...peerTargets(ports), ...floorTargets(ports, fixture), ...ourTargets(ports, fixture)].map(
    httpTarget,
  )
}

function peerTargets(ports: Ports): HttpTarget[] {
  const plain = (name: string, port: number): HttpTarget[] => [
    {
      name: `${name}, row`,
      port,
      expect: 200,
      holds: '"Item ',
      requests: everyId((id) => ({ path: `/items?id=${id}` })),
    },
    { name: `${name}, list`, port, expect: 200, holds: '"Item 20"', requests: [{ path: '/items' }] },
  ]
  const headers = { apikey: 'none' }
  const lite = (name: string, port: number): HttpTarget[] => [
    {
      name: `${name}, row`,
      port,
      expect: 200,
      holds: '"Item ',
      requests: everyId((id) => ({ path: rowPath('/rest/v1')(id), headers })),
    },
    {
      name: `${name}, list`,
      port,
      expect: 200,
      holds: '"Item 20"',
      requests: [{ path: listPath('/rest/v1'), headers }],
    },
  ]
  // Ids as variables: PostGraphile plans a document once and runs it for every id.
  const graphql = (query: string, variables: object = {}) => ({
    method: 'POST',
    path: '/graphql',
    headers: JSON_BODY,
    body: JSON.stringify({ query, variables }),
  })
  const row = (id: string) =>
    graphql('query Row($id: BigInt!) { itemByRowId(rowId: $id) { rowId title body } }', { id })
  const list = graphql('{ allItems(first: 10, orderBy: [ROW_ID_ASC]) { nodes { rowId title body } } }')
  const postgraphile = (name: string, port: number): HttpTarget[] => [
    { name: `${name}, row`, port, expect: 200, holds: '"Item ', requests: everyId(row) },
    { name: `${name}, list`, port, expect: 200, holds: '"Item 20"', requests: [list] },
  ]
  return [
    ...plain('Node → Postgres', ports.direct),
    ...plain('workerd → Node → Postgres', ports.hopDirect),
    ...lite('@supabase/lite', ports.lite),
    ...lite('workerd → @supabase/lite', ports.hopLite),
    ...postgraphile('PostGraphile', ports.postgraphile),
    ...postgraphile('workerd → PostGraphile', ports.hopPostgraphile),
  ]
}

function floorTargets(ports: Ports, { tokens }: Fixture): HttpTarget[] {
  const verify = (list: string[]) =>
    list.map((token) => ({ path: '/', headers: { authorization: `Bearer ${token}` } }))
  return [
    {
      name: 'workerd + Hono hello',
      port: ports.hello,
      expect: 200,
      holds: 'hello',
      requests: [{ path: '/' }],
    },
    {
      name: 'workerd + one ES256 verify, refused',
      port: ports.verify,
      expect: 401,
      holds: 'not verified',
      requests: verify(tokens.badSignature),
    },
  ]
}

function ourTargets(ports: Ports, { databaseId, key, limitedKey, tokens }: Fixture): HttpTarget[] {
  const port = ports.stack
  const prefix = `/db/${databaseId}/rest/v1`
  const anon = { apikey: key, origin: ORIGIN }
  const user = (i: number) => ({ ...anon, authorization: `Bearer ${tokens.valid[i % tokens.valid.length]}` })
  const row = rowPath(prefix)
  const onRow = (headers: Record<string, string>) => [{ path: row('2'), headers }]
  return [
    {
      name: 'db9, row',
      port,
      expect: 200,
      holds: '"Item ',
      requests: everyId((id) => ({ path: row(id), headers: anon })),
    },
    {
      name: 'db9, list',
      port,
      expect: 200,
      holds: '"Item 20"',
      requests: [{ path: listPath(prefix), headers: anon }],
    },
    {
      name: 'db9, row with two embeds',
      port,
      expect: 200,
      holds: '"Note 3"',
      requests: everyId((id) => ({
        path: `${prefix}/items?${SELECT},notes(body),prices(cents)&id=eq.${id}`,
        headers: anon,
      })),
    },
    {
      name: 'db9, insert',
      port,
      expect: 201,
      holds: '',
      requests: everyId((id) => ({
        method: 'POST',
        path: `${prefix}/inbox`,
        headers: { ...anon, ...JSON_BODY },
        body: JSON.stringify({ body: `Written ${id}` }),
      })),
    },
    {
      name: 'db9 with JWT, row',
      port,
      expect: 200,
      holds: '"Item ',
      requests: everyId((id, i) => ({ path: row(id), headers: user(i) })),
    },
    {
      name: 'db9 with JWT, list',
      port,
      expect: 200,
      holds: '"Item 20"',
      requests: tokens.valid.map((_, i) => ({ path: listPath(prefix), headers: user(i) })),
    },
    {
      name: 'db9 refuses: key of wrong shape (401)',
      port,
      expect: 401,
      holds: '"code"',
      requests: onRow({ ...anon, apikey: 'db9pk_nonsense' }),
    },
    {
      name: 'db9 refuses: token of wrong shape (401)',
      port,
      expect: 401,
      holds: '"code"',
      requests: onRow({ ...anon, authorization: 'Bearer nonsense' }),
    },
    {
      name: 'db9 refuses: origin not on the list (403)',
      port,
      expect: 403,
      holds: '"code"',
      requests: onRow({ ...anon, origin: 'https://elsewhere.example.com' }),
    },
    {
      name: 'db9 refuses: over the limit (429)',
      port,
      expect: 429,
      tolerate: 200,
      holds: '"code"',
      requests: onRow({ ...anon, apikey: limitedKey }),
    },
    {
      name: 'db9 answers a preflight (204)',
      port,
      expect: 204,
      holds: '',
      requests: [
        {
          method: 'OPTIONS',
          path: row('2'),
          headers: {
            origin: ORIGIN,
            'access-control-request-method': 'GET',
            'access-control-request-headers': 'apikey,authorization',
          },
        },
      ],
    },
    {
      name: 'db9 refuses: wrong signature (401)',
      port,
      expect: 401,
      holds: '"code"',
      requests: tokens.badSignature.map((token) => ({
        path: row('2'),
        headers: { ...anon, authorization: `Bearer ${token}` },
      })),
    },
  ]
}

function httpTarget(target: HttpTarget): Target {
  const { name, port, expect, tolerate, holds } = target
  const requests = target.requests.map((request) => requestBytes({ ...request, port }))
  return {
    name,
    run: (options) =>
      runLoad({ ...options, port, expect, requests, ...(tolerate !== undefined && { tolerate }) }),
    async check() {
      const [request] = target.requests
      if (!request) throw new Error(`${name}: nothing to send`)
      // fetch keeps Origin to itself, so the check goes the way of the load.
      const result = await runLoad({
        port,
        requests: requests.slice(0, 1),
        connections: 1,
        seconds: CHECK_SECONDS,
        expect,
        holds,
        ...(tolerate !== undefined && { tolerate }),
      })
      if (result.failures > 0 || result.perSecond === 0) {
        throw new Error(`${name} does not answer as it should: ${result.firstFailure ?? 'no answer'}`)
      }
    },
  }
}

/** The ceiling: the same batch on prepared statements, straight at the socket, with the load generator as its client. */
export function wireTarget(target: WireTarget): Target {
  const CONNECTIONS = 4
  return {
    name: 'Postgres alone (pipelined over its socket), row',
    async check() {
      const wires = await openWires(target, 1)
      const sameSql = await planSameSql(wires)
      const found = sameSql.body(await wires.batch(sameSql.steps(ROW_IDS[0] ?? '')))
      wires.end()
      if (!found.includes('"Item ')) throw new Error(`Postgres gave ${found} instead of a row`)
    },
    async run({ seconds, connections }) {
      const wires = await openWires(target, CONNECTIONS)
      const sameSql = await planSameSql(wires)
      const steps = everyId((id) => sameSql.steps(id))
      const latencies: number[] = []
      const started = performance.now()
      const ends = started + seconds * 1000
      let next = 0
      const client = async () => {
        for (let sentAt = performance.now(); sentAt < ends; ) {
          await wires.batch(steps[next++ % steps.length] ?? [])
          const now = performance.now()
          latencies.push(now - sentAt)
          sentAt = now
        }
      }
      await Promise.all(Array.from({ length: connections }, client))
      const elapsedSeconds = (performance.now() - started) / 1000
      wires.end()
      const sorted = Float64Array.from(latencies).sort()
      return {
        perSecond: sorted.length / elapsedSeconds,
        elapsedSeconds,
        p50Ms: quantile(sorted, 0.5),
        p99Ms: quantile(sorted, 0.99),
        failures: 0,
        firstFailure: null,
      }
    },
  }
}
