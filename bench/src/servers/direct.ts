/** Node → Postgres with no product in between: GET /items?id=7 is one row, GET /items ten. */
import { createServer } from 'node:http'
import { announce, environment } from '../child.ts'
import { isStale, planSameSql } from '../same-sql.ts'
import { openWires } from '../wire.ts'

const CONNECTIONS = 4

const wires = await openWires(
  {
    socketPath: environment('BENCH_PG_SOCKET'),
    user: environment('BENCH_PG_USER'),
    password: environment('BENCH_PG_PASSWORD'),
    database: environment('BENCH_PG_DATABASE'),
  },
  CONNECTIONS,
)

/** Planned once, and again when the schema changed since: a peer may make objects of its own when it is first asked. */
let planned = planSameSql(wires)

async function read(id: string | null): Promise<string> {
  const used = planned
  const sameSql = await used
  try {
    return sameSql.body(await wires.batch(sameSql.steps(id)))
  } catch (error) {
    if (!isStale(error)) throw error
    if (planned === used) planned = planSameSql(wires)
    const fresh = await planned
    return fresh.body(await wires.batch(fresh.steps(id)))
  }
}

const server = createServer(async (request, response) => {
  const id = /[?&]id=(?:eq\.)?(\d+)/.exec(request.url ?? '')?.[1] ?? null
  try {
    const body = await read(id)
    response.writeHead(200, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
    })
    response.end(body)
  } catch (error) {
    response.writeHead(500).end(String(error))
  }
})
await planned
server.listen(0, '127.0.0.1', () => announce(server))
