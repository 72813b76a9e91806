// @supabase/lite over Postgres, with its Data API and no API keys configured: its fastest form.
import { dirname } from 'node:path'
import { serve } from '@hono/node-server'
import { App } from '@supabase/lite'
import { createPostgresConnection } from '@supabase/lite/postgres'

const connection = createPostgresConnection({
  postgresOptions: {
    host: dirname(process.env.BENCH_PG_SOCKET),
    port: Number(process.env.BENCH_PG_SOCKET.split('.').at(-1)),
    database: process.env.BENCH_PG_DATABASE,
    username: process.env.BENCH_PG_USER,
    password: process.env.BENCH_PG_PASSWORD,
    max: 8,
  },
})
const app = new App({
  connection,
  auth: { enabled: false },
  options: { server: { admin: false, apiKeys: false } },
})

serve(
  {
    port: 0,
    hostname: '127.0.0.1',
    fetch: (request, env) => app.fetch(request, { peerAddress: env.incoming.socket.remoteAddress ?? null }),
  },
  ({ port }) => {
    process.stdout.write(`${JSON.stringify({ ready: true, port })}\n`)
    process.stdin.on('end', () => process.exit(0)).resume()
  },
)
