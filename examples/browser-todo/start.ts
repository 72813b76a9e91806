/**
 * `npx --yes pnpm@12 example`: the page, its identity provider and, where none is running, the whole stack.
 * DB9_EXAMPLE_PORT is the page's port (5173); DB9_HOME and DB9_PORT say which stack, as for `pnpm dev`.
 */
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startLocal, watchLaunchers } from '@db9/local'
import { type IdentityProvider, startIdentityProvider } from './idp.ts'
import { prepareTodo } from './prepare.ts'
import { restClient } from './rest.ts'
import { isFree, serveTodo } from './serve.ts'

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url))
const STOP_LIMIT_MS = 5_000

interface Stack {
  gatewayUrl: string
  token: string
  /** True where it ran before us, and so runs on after us. */
  found: boolean
  stop(): Promise<void>
}

/** What was started, to be ended in the reverse order. */
const started: Array<() => Promise<void>> = []
let stopping = false

async function stopAll(): Promise<void> {
  for (const stop of started.splice(0).reverse()) await stop()
}

async function onSignal(): Promise<void> {
  if (stopping) return
  stopping = true
  say('Stopping …')
  setTimeout(() => process.exit(1), STOP_LIMIT_MS).unref()
  await stopAll()
  process.exit(0)
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void onSignal())
// npx passes no signal on: a SIGTERM that only npx or pnpm got must end the example too.
watchLaunchers(() => void onSignal())

try {
  await run()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  await stopAll()
  process.exit(1)
}

async function run(): Promise<void> {
  const port = parsePort(process.env.DB9_EXAMPLE_PORT)
  // Asked before anything is prepared: an example that runs already keeps its key and its sign-in.
  if (!(await isFree(port))) {
    throw new Error(`Port ${port} is taken. Set DB9_EXAMPLE_PORT to another one and start again.`)
  }
  const stack = (await findRunningStack()) ?? (await startStack())
  started.push(stack.stop)

  // A browser calls the page by either name, and each is an origin of its own.
  const allowedOrigins = [`http://127.0.0.1:${port}`, `http://localhost:${port}`]
  const identity: IdentityProvider = await startIdentityProvider({ allowedOrigins })
  started.push(identity.stop)

  const { gatewayUrl, token } = stack
  const { databaseId, key } = await prepareTodo({ gatewayUrl, token, allowedOrigins, identity })
  const page = await serveTodo({ gatewayUrl, databaseId, key, idpUrl: identity.url, port })
  started.push(page.stop)

  process.stdout.write(
    [
      '',
      `  Page       ${page.url}`,
      `  Gateway    ${gatewayUrl}${stack.found ? ' (was running)' : ''}`,
      `  Database   browser-todo, ${databaseId}`,
      `  Sign-in    ${identity.url} (for this example only: any name, no password)`,
      '',
      '  Open the page in two windows, sign in as two users, and see that neither sees the rows of the other.',
      '  Ctrl-C stops it.',
      '',
      '',
    ].join('\n'),
  )
}

/** The stack of this DB9_HOME, where its credentials are there and its gateway answers to them. */
async function findRunningStack(): Promise<Stack | null> {
  const gatewayUrl = `http://127.0.0.1:${process.env.DB9_PORT || 9009}`
  const token = await readOwnerToken()
  if (token === null || !(await isHealthy(gatewayUrl))) return null
  await restClient({ gatewayUrl, token })('GET', '/customer/me')
  return { gatewayUrl, token, found: true, stop: async () => {} }
}

async function startStack(): Promise<Stack> {
  const stack = await startLocal({ onProgress: say })
  return { gatewayUrl: stack.url, token: stack.ownerToken, found: false, stop: () => stack.stop() }
}

async function readOwnerToken(): Promise<string | null> {
  const home = process.env.DB9_HOME?.replace(/^~(?=\/)/, homedir()) ?? join(CHECKOUT, '.db9')
  try {
    return /^token\s*=\s*"([^"]+)"/m.exec(await readFile(join(home, 'credentials'), 'utf8'))?.[1] ?? null
  } catch {
    return null
  }
}

async function isHealthy(gatewayUrl: string): Promise<boolean> {
  try {
    return (await fetch(`${gatewayUrl}/healthz`, { signal: AbortSignal.timeout(2_000) })).ok
  } catch {
    return false
  }
}

function parsePort(text: string | undefined): number {
  if (text === undefined || text === '') return 5173
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (port >= 1 && port <= 65_535) return port
  throw new Error(`DB9_EXAMPLE_PORT is "${text}", which is not a port. Set it to a number from 1 to 65535.`)
}

function say(text: string): void {
  process.stderr.write(`  ${text}\n`)
}
