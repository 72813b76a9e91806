/**
 * `npx --yes pnpm@12 run gateway:dev [options]`: runs the Worker under miniflare with `wrangler dev`, against the parts of
 * a running stack. wrangler builds the Worker again when a source file changes.
 *   --port 8787   --control 127.0.0.1:9010   --data-proxy 127.0.0.1:9011   --functions <none>   --home <DB9_HOME, else .db9>
 *   --state <folder for the Durable Objects, else .wrangler/state>   --inspector-port 9229
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const FOLDER = dirname(fileURLToPath(import.meta.url))
const CHECKOUT = join(FOLDER, '../..')

const { values } = parseArgs({
  args: process.argv.slice(2).filter((arg) => arg !== '--'),
  options: {
    port: { type: 'string', default: '8787' },
    control: { type: 'string', default: '127.0.0.1:9010' },
    'data-proxy': { type: 'string', default: '127.0.0.1:9011' },
    functions: { type: 'string' },
    home: { type: 'string', default: process.env.DB9_HOME ?? join(CHECKOUT, '.db9') },
    state: { type: 'string', default: join(FOLDER, '.wrangler/state') },
    'inspector-port': { type: 'string', default: '9229' },
  },
})

/** A secret of the stack. Both are 64 hexadecimal digits. */
function readSecret(name: 'key' | 'internal'): string {
  const path = join(resolve(values.home), 'secrets.toml')
  const secret = new RegExp(`^${name} = "([0-9a-f]{64})"$`, 'm').exec(readFileSync(path, 'utf8'))?.[1]
  if (secret === undefined) throw new Error(`${path} lacks ${name}`)
  return secret
}

const variables = {
  DB9_KEY_SECRET: readSecret('key'),
  DB9_INTERNAL_SECRET: readSecret('internal'),
  CONTROL_URL: `http://${values.control}`,
  DATA_PROXY_URL: `http://${values['data-proxy']}`,
  FUNCTIONS_URL: values.functions === undefined ? '' : `http://${values.functions}`,
  DB9_ALLOW_LOCAL_JWKS: '1',
}

/** A file of this process's own, since the arguments of a process can be read by every user of the machine. */
const folder = mkdtempSync(join(tmpdir(), 'db9-gateway-dev-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const envFile = join(folder, 'variables')
writeFileSync(
  envFile,
  Object.entries(variables)
    .map(([name, value]) => `${name}=${value}\n`)
    .join(''),
  { mode: 0o600 },
)

const wrangler = join(
  dirname(createRequire(import.meta.url).resolve('wrangler/package.json')),
  'bin/wrangler.js',
)
const child = spawn(
  process.execPath,
  [
    ...[wrangler, 'dev', '--local', '--env', '', '--ip', '127.0.0.1', '--port', values.port],
    ...['--inspector-port', values['inspector-port'], '--env-file', envFile],
    ...['--persist-to', resolve(values.state)],
    '--show-interactive-dev-session=false',
  ],
  {
    cwd: FOLDER,
    stdio: 'inherit',
    // No call leaves this machine: no metrics, and no facts about its connection for `request.cf`.
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false' },
  },
)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
child.on('exit', (code) => process.exit(code ?? 0))
