// PostGraphile 5 with its Amber preset on grafserv over Node's http, as role anon.
import { createServer } from 'node:http'
import { dirname } from 'node:path'
import pg from 'pg'
import { postgraphile } from 'postgraphile'
import { makePgService } from 'postgraphile/adaptors/pg'
import { grafserv } from 'postgraphile/grafserv/node'
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber'

const pool = new pg.Pool({
  host: dirname(process.env.BENCH_PG_SOCKET),
  port: Number(process.env.BENCH_PG_SOCKET.split('.').at(-1)),
  user: process.env.BENCH_PG_USER,
  password: process.env.BENCH_PG_PASSWORD,
  database: process.env.BENCH_PG_DATABASE,
  max: 8,
})

const instance = postgraphile({
  extends: [PostGraphileAmberPreset],
  pgServices: [makePgService({ pool, schemas: ['public'] })],
  grafast: { context: () => ({ pgSettings: { role: 'anon', 'request.jwt.claims': '{"role":"anon"}' } }) },
  grafserv: { graphiql: false, watch: false },
})
const server = createServer()
await instance.createServ(grafserv).addTo(server)
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ ready: true, port: server.address().port })}\n`)
  process.stdin.on('end', () => process.exit(0)).resume()
})
