import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { freePort } from './serve.ts'

const START = fileURLToPath(new URL('start.ts', import.meta.url))
let home = ''
let child: ChildProcess | undefined

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'db9-todo-start-'))
  // Open to the servers' own user, or the data would lie in the system's folders and stay there.
  await chmod(home, 0o755)
})
afterEach(async () => {
  if (child?.exitCode === null) child.kill('SIGKILL')
  await rm(home, { recursive: true, force: true })
})

interface Run {
  child: ChildProcess
  output(): string
  exited: Promise<number | null>
}

function start(env: Record<string, string>): Run {
  const run = spawn(process.execPath, [START], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: process.env.HOME, DB9_HOME: home, DB9_PG_PORT: '0', ...env },
  })
  child = run
  let output = ''
  for (const stream of [run.stdout, run.stderr]) stream.on('data', (chunk) => (output += chunk))
  return { child: run, output: () => output, exited: new Promise((resolve) => run.once('exit', resolve)) }
}

async function untilItServes({ output, exited }: Run): Promise<void> {
  let ended = false
  void exited.then(() => {
    ended = true
  })
  while (!output().includes('Ctrl-C')) {
    if (ended) throw new Error(`the example ended before it served:\n${output()}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

test('one command brings up stack and page, and SIGTERM ends all of it', { timeout: 90_000 }, async () => {
  const [port, gatewayPort] = [await freePort(), await freePort()]
  const run = start({ DB9_EXAMPLE_PORT: String(port), DB9_PORT: String(gatewayPort) })
  await untilItServes(run)
  const page = `http://127.0.0.1:${port}`
  const gateway = `http://127.0.0.1:${gatewayPort}`
  expect(run.output()).toContain(page)
  expect(await (await fetch(page)).text()).toContain('<h1>Todos</h1>')
  expect((await fetch(`${gateway}/healthz`)).status).toBe(200)

  run.child.kill('SIGTERM')
  expect(await run.exited).toBe(0)
  await expect(fetch(page)).rejects.toThrow()
  await expect(fetch(`${gateway}/healthz`)).rejects.toThrow()
})

test('a port that is taken ends the start before anything is prepared', { timeout: 20_000 }, async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const port = String((other.address() as AddressInfo).port)
  const run = start({ DB9_EXAMPLE_PORT: port })
  expect(await run.exited).toBe(1)
  expect(run.output()).toContain(`Port ${port} is taken. Set DB9_EXAMPLE_PORT`)
  expect(await readdir(home)).toEqual([])
  other.close()
})

test('a port that makes no sense is named before anything is started', { timeout: 20_000 }, async () => {
  const run = start({ DB9_EXAMPLE_PORT: 'http' })
  expect(await run.exited).toBe(1)
  expect(run.output()).toContain('DB9_EXAMPLE_PORT is "http"')
})
