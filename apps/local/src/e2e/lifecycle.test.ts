import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { readOwnerToken } from '@db9/control-api/start'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  CHECKOUT,
  commandLineOf,
  devCommand,
  eventually,
  launchCommand,
  processesNaming,
  type RunningCommand,
  runCommand,
  sleep,
  startCommand,
} from '../testing/command.ts'
import { call, expectStatus } from '../testing/stack.ts'

const STOP_LIMIT_MS = 5_000
const isRoot = process.getuid?.() === 0
const ORDINARY = 65_534

let base: string
let home: string
const running: RunningCommand[] = []

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'db9-life-'))
  chmodSync(base, 0o755)
  home = join(base, 'home')
})
afterEach(async () => {
  const commands = running.splice(0)
  for (const { child } of commands)
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
  for (const command of commands) {
    await command.exited
    await eventually('the stack ends', STOP_LIMIT_MS, () => left(command).length === 0)
    if (command.dataFolder.startsWith('/var/lib/db9/'))
      rmSync(dirname(command.dataFolder), { recursive: true })
  }
  rmSync(base, { recursive: true, force: true })
})

async function start(options: Partial<Parameters<typeof startCommand>[0]> = {}): Promise<RunningCommand> {
  const command = await startCommand({ home, ...options })
  running.push(command)
  return command
}

function left(command: RunningCommand, folder = home): number[] {
  return processesNaming(folder, command.dataFolder)
}

function owner(url: string, method: string, path: string, body?: unknown, folder = home) {
  const headers = { authorization: `Bearer ${readOwnerToken(folder)}` }
  return call(`${url}/customer${path}`, { method, headers, body })
}

/** A database with a row, made and read back through the REST API. */
async function useStack(url: string, folder = home): Promise<void> {
  const query = "create table t (v text); insert into t values ('kept')"
  expectStatus(201, await owner(url, 'POST', '/databases', { name: 'kept' }, folder))
  expectStatus(200, await owner(url, 'POST', '/databases/kept/sql', { query }, folder))
  await expectRow(url, folder)
}

async function expectRow(url: string, folder = home): Promise<void> {
  const reply = await owner(url, 'POST', '/databases/kept/sql', { query: 'select v from t' }, folder)
  expect(expectStatus(200, reply).json.rows).toEqual([['kept']])
}

test('SIGTERM ends the stack within 5 s and leaves no process; the next start has the data', async () => {
  const first = await start()
  await useStack(first.url)
  first.child.kill('SIGTERM')
  await eventually('all ends', STOP_LIMIT_MS, () => left(first).length === 0)
  expect(await first.exited).toBe(0)
  const second = await start()
  await expectRow(second.url)
})

test.each([50, 300, 700, 1_200, 2_000])('SIGTERM %d ms into a first start leaves no process', async (ms) => {
  const { child, exited } = launchCommand({ home })
  await sleep(ms)
  child.kill('SIGTERM')
  await exited
  await eventually('all ends', STOP_LIMIT_MS, () => processesNaming(home).length === 0)
  expect(existsSync(join(home, 'db9.pid'))).toBe(false)
})

test('SIGTERM to npx alone ends the stack within 5 s', async () => {
  // Its pnpm is there already; the registry, which it would be asked about, is not what is tested.
  const env = { npm_config_prefer_offline: 'true' }
  const command = await start({ command: ['npx', '--yes', 'pnpm@12', 'dev'], env })
  expect((await fetch(`${command.url}/healthz`)).status).toBe(200)
  command.child.kill('SIGTERM')
  await eventually('all ends', STOP_LIMIT_MS, () => left(command).length === 0)
})

test('"stop" ends the stack of its DB9_HOME, and says so where none runs', async () => {
  const command = await start()
  const stop = { home, command: [...devCommand(), 'stop'] as [string, ...string[]] }
  expect(await runCommand(stop)).toMatchObject({
    code: 0,
    output: expect.stringContaining(`process ${command.pid}`),
  })
  expect(left(command)).toEqual([])
  expect(await runCommand(stop)).toMatchObject({ code: 0, output: expect.stringContaining('No db9 runs') })
})

test('a second start names the first and ends; the first keeps serving', async () => {
  const first = await start()
  const second = await runCommand({ home })
  expect(second.code).toBe(1)
  expect(second.output).toContain(`process ${first.pid}`)
  expect(second.output).toContain(first.url)
  expect((await fetch(`${first.url}/healthz`)).status).toBe(200)
})

test.each(['DB9_PORT', 'DB9_PG_PORT'])(
  'a taken port ends the start with %s to set, and leaves nothing',
  async (name) => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = address && typeof address === 'object' ? address.port : 0
    try {
      const { code, output } = await runCommand({ home, env: { [name]: String(port) } })
      expect(code).toBe(1)
      expect(output).toContain(`Port ${port}`)
      expect(output).toContain(name)
      expect(processesNaming(home)).toEqual([])
    } finally {
      server.close()
    }
  },
)

test('a DB9_HOME of 150 characters works', async () => {
  home = join(base, 'x'.repeat(150 - base.length - 1))
  expect(home).toHaveLength(150)
  const command = await start()
  await useStack(command.url)
})

test('the owner’s token and the secrets are files that only their owner reads, and no process argument', async () => {
  const command = await start()
  await useStack(command.url)
  for (const name of ['credentials', 'secrets.toml'])
    expect(statSync(join(home, name)).mode & 0o777).toBe(0o600)
  const secrets = [...readFileSync(join(home, 'secrets.toml'), 'utf8').matchAll(/[0-9a-f]{64}/g)].map(String)
  expect(secrets).toHaveLength(4)
  const created = (await owner(command.url, 'GET', '/databases/kept/credentials')).json
  for (const pid of [command.pid, ...left(command)]) {
    const line = commandLineOf(pid)
    for (const secret of [...secrets, String(readOwnerToken(home)), created.admin_password]) {
      expect(line).not.toContain(secret)
    }
  }
  const logs = execFileSync(
    'sh',
    ['-c', `cat ${home}/logs/* ${command.dataFolder}/*/*.log 2>/dev/null || true`],
    {
      encoding: 'utf8',
    },
  )
  for (const secret of [...secrets, String(readOwnerToken(home)), created.admin_password]) {
    expect(logs).not.toContain(secret)
  }
})

test.runIf(isRoot)('as root, a checkout and a home under a mode-700 folder work', async () => {
  const closed = join(base, 'closed')
  mkdirSync(closed, { mode: 0o700 })
  const checkout = linkCheckout(join(closed, 'checkout'))
  home = join(closed, 'home')
  const command = await start({ checkout })
  expect(command.dataFolder.startsWith(closed)).toBe(true)
  await useStack(command.url)
})

test.runIf(isRoot)('as root without isolation, a home under a mode-700 folder works', async () => {
  const closed = join(base, 'closed')
  mkdirSync(closed, { mode: 0o700 })
  home = join(closed, 'home')
  const command = await start({ env: { DB9_ISOLATION: 'off' } })
  expect(command.dataFolder.startsWith(closed)).toBe(false)
  await useStack(command.url)
})

test.runIf(isRoot)('an ordinary user can run the stack', async () => {
  const checkout = isOpenToAll(CHECKOUT) ? CHECKOUT : linkCheckout(join(base, 'checkout'))
  mkdirSync(home)
  chownSync(home, ORDINARY, ORDINARY)
  const command = await start({ checkout, uid: ORDINARY, gid: ORDINARY, env: { HOME: home } })
  await useStack(command.url)
  expect(statSync(join(home, 'credentials')).uid).toBe(ORDINARY)
})

test('kill -9 of every process, in any order, loses nothing that was acknowledged', async () => {
  const first = await start()
  await useStack(first.url)
  const key = expectStatus(
    201,
    await owner(first.url, 'POST', '/databases/kept/publishable-keys', { name: 'web' }),
  ).json
  expectStatus(201, await owner(first.url, 'POST', '/databases', { name: 'doomed' }))
  expectStatus(200, await owner(first.url, 'DELETE', '/databases/doomed'))

  // The stack alone first: its Postgres and workerd survive it and are adopted or ended.
  process.kill(first.pid, 'SIGKILL')
  await first.exited
  const second = await start()
  await expectRow(second.url)

  // Then everything at once, Postgres included, while a create is under way.
  const creating = owner(second.url, 'POST', '/databases', { name: 'half' }).catch(() => null)
  for (const pid of [second.pid, ...left(second)]) kill(pid)
  await second.exited
  const acknowledged = (await creating)?.status === 201
  const third = await start()
  await expectRow(third.url)
  const keys = (await owner(third.url, 'GET', '/databases/kept/publishable-keys')).json
  expect(keys.map(({ id }: { id: string }) => id)).toEqual([key.id])
  const { json } = await owner(third.url, 'GET', '/databases')
  const names = json.map(({ name }: { name: string }) => name)
  expect(names).toContain('kept')
  expect(names).not.toContain('doomed')
  if (acknowledged) expect(names).toContain('half')

  third.child.kill('SIGTERM')
  await eventually('all ends', STOP_LIMIT_MS, () => left(third).length === 0)
})

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Gone since it was listed.
  }
}

/** The checkout at another path, by hard links: quick, and the same files. */
function linkCheckout(target: string): string {
  execFileSync('cp', ['-al', CHECKOUT, target])
  rmSync(join(target, '.db9'), { recursive: true, force: true })
  return target
}

function isOpenToAll(path: string): boolean {
  for (let folder = path; ; folder = join(folder, '..')) {
    if ((statSync(folder).mode & 0o005) !== 0o005) return false
    if (folder === '/') return existsSync(path)
  }
}
