/** Node → Postgres with no product in between: GET /items?id=7 is one row, GET /items ten. */
import { createServer } from 'node:http'
import { announce, environment } from '../child.ts'
import { planSameSql } from '../same-sql.ts'
import { openWires } from '../wire.ts'

const CONNECTIONS = 4

const wires = await openWires(
  {
    socketPath: environment('BENCH_PG_SOCKET'),
    user: environment('BENCH_PG_USER'),
    database: environment('BENCH_PG_DATABASE'),
  },
  CONNECTIONS,
)

const sameSql = await planSameSql(wires)

const server = createServer(async (request, response) => {
  const id = /[?&]id=(?:eq\.)?(\d+)/.exec(request.url ?? '')?.[1] ?? null
  try {
    const body = sameSql.body(await wires.batch(sameSql.steps(id)))
    response.writeHead(200, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
    })
    response.end(body)
  } catch (error) {
    response.writeHead(500).end(String(error))
  }
})
server.listen(0, '127.0.0.1', () => announce(server))
