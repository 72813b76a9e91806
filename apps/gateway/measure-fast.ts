/**
 * `node tools/run.mjs apps/gateway/measure-fast.ts`: measures each fast path of `src/fast` and the slow path that it replaces, in plain
 * workerd, and prints the least time of a run (ns) of several rounds. The head comment of each file has these figures.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** Runs of each path in a request, by its name. */
const PATHS: Record<string, number> = {
  ...{ url: 100_000, 'request-id': 200_000, 'request-headers': 20_000, 'plain-json': 50_000 },
  ...{ stackless: 50_000, 'kept-headers': 20_000, 'forged-token': 2_000 },
}
const ROUNDS = 5
/** The headers of a browser app's read. */
const BROWSER_HEADERS = {
  ...{
    apikey: 'db9pk_x',
    authorization: 'Bearer a.b.c',
    origin: 'https://a.example',
    accept: 'application/json',
  },
  ...{
    'accept-language': 'en',
    referer: 'https://a.example/',
    'user-agent': 'Mozilla/5.0',
    prefer: 'count=exact',
  },
  ...{ 'x-client-info': 'supabase-js/2', 'sec-ch-ua': '"Chromium"', 'sec-ch-ua-mobile': '?0' },
}

const { default: WORKERD } = createRequire(import.meta.url)('workerd') as { default: string }
const folder = mkdtempSync(join(tmpdir(), 'db9-measure-'))
const port = await freePort()
await build({
  entryPoints: [fileURLToPath(new URL('src/fast/measure.worker.ts', import.meta.url))],
  ...{ outfile: join(folder, 'worker.js'), bundle: true, format: 'esm', target: 'es2024' },
  conditions: ['workerd', 'worker', 'browser'],
})
writeFileSync(
  join(folder, 'config.capnp'),
  `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .main)],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.js")],
  compatibilityDate = "2026-11-02",
);
`,
)
const workerd = spawn(WORKERD, ['serve', join(folder, 'config.capnp')], { stdio: 'inherit' })
try {
  await untilServing()
  for (const [name, times] of Object.entries(PATHS)) {
    const least = { fast: Number.POSITIVE_INFINITY, slow: Number.POSITIVE_INFINITY }
    for (let round = 0; round < ROUNDS; round++) {
      for (const which of ['fast', 'slow'] as const)
        least[which] = Math.min(least[which], await timeOf(`${name}/${which}/${times}`, times))
    }
    process.stdout.write(`${name}: ${Math.round(least.fast)} ns, slow ${Math.round(least.slow)} ns\n`)
  }
} finally {
  workerd.kill()
  rmSync(folder, { recursive: true, force: true })
}

async function timeOf(path: string, times: number): Promise<number> {
  const startedAt = performance.now()
  const response = await fetch(`http://127.0.0.1:${port}/${path}`, { headers: BROWSER_HEADERS })
  if (!response.ok) throw new Error(`${path} answered ${response.status}`)
  await response.text()
  return ((performance.now() - startedAt) * 1e6) / times
}

async function untilServing(): Promise<void> {
  const isServing = () =>
    fetch(`http://127.0.0.1:${port}/url/fast/1`).then(
      () => true,
      () => false,
    )
  while (!(await isServing())) await new Promise((resolve) => setTimeout(resolve, 50))
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
