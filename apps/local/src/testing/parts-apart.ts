/** The parts as processes of their own, each with a folder of its own, as on machines of their own. */
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readOwnerToken } from '@db9/control-api/start'
import { CHECKOUT, eventually, launchCommand, runCommand } from './command.ts'
import { freePort } from './own-gateway.ts'
import { callsOf, type TestCalls } from './stack.ts'

export const PARTS = {
  'control-api': { main: 'apps/control-api/src/main.ts', serves: 'The control API serves' },
  'data-proxy': { main: 'apps/data-proxy/src/main.ts', serves: 'The data proxy serves' },
  functions: { main: 'apps/functions/src/main.ts', serves: 'Functions are served' },
  gateway: { main: 'apps/gateway/launch/main.ts', serves: 'The gateway serves' },
} as const

export type PartName = keyof typeof PARTS
type Variables = Record<string, string>

/** Runs a part's command line to its end; `command` names none for a start. */
export function runPart(
  name: PartName,
  { home, env, args = [] }: { home: string; env: Variables; args?: string[] },
) {
  return runCommand({ home, command: commandOf(name, args), env: { ...UNSET, ...env } })
}

/** What `launchCommand` sets for a stack. */
const UNSET = { DB9_PORT: '', DB9_PG_PORT: '' }

function commandOf(name: PartName, args: string[] = []): [string, ...string[]] {
  return [join(CHECKOUT, 'node_modules/.bin/node'), join(CHECKOUT, PARTS[name].main), ...args]
}

interface RunningPart {
  /** Sends SIGTERM; resolves with how it exited. */
  stop(): Promise<number | null>
}

export interface PartsApart extends TestCalls {
  /** Where the gateway, the control API and the data proxy's HTTP listener are. */
  urls: Record<PartName, string>
  homes: Record<PartName, string>
  /** The variables of each, with its secrets. */
  env: Record<PartName, Variables>
  start(name: PartName): Promise<void>
  stop(name: PartName): Promise<number | null>
  dispose(): Promise<void>
}

/** Starts all of them at once, in no order. */
export async function startPartsApart(): Promise<PartsApart> {
  const base = mkdtempSync(join(tmpdir(), 'db9-apart-'))
  chmodSync(base, 0o755)
  const [gatewayPort, controlPort, sqlPort, pgPort, functionsPort] = await Promise.all([
    freePort(),
    freePort(),
    freePort(),
    freePort(),
    freePort(),
  ])
  const at = (port: number) => `http://127.0.0.1:${port}`
  const urls = {
    gateway: at(gatewayPort),
    'control-api': at(controlPort),
    'data-proxy': at(sqlPort),
    functions: at(functionsPort),
  }
  const homes = {
    gateway: join(base, 'gateway'),
    'control-api': join(base, 'control-api'),
    'data-proxy': join(base, 'data-proxy'),
    functions: join(base, 'functions'),
  }
  const internal = { DB9_INTERNAL_SECRET: randomBytes(32).toString('hex') }
  const key = { DB9_KEY_SECRET: randomBytes(32).toString('hex') }
  const env: PartsApart['env'] = {
    'control-api': {
      DB9_CONTROL_PORT: String(controlPort),
      DB9_DATA_PROXY_URL: urls['data-proxy'],
      DB9_GATEWAY_URL: urls.gateway,
      DB9_FUNCTIONS_URL: urls.functions,
      DB9_PG_PORT: String(pgPort),
      DB9_POOL_SIZE: '1',
      ...internal,
      ...key,
    },
    'data-proxy': {
      DB9_PG_PORT: String(pgPort),
      DB9_SQL_PORT: String(sqlPort),
      DB9_CONTROL_URL: urls['control-api'],
      ...internal,
    },
    functions: {
      DB9_FUNCTIONS_PORT: String(functionsPort),
      DB9_CONTROL_URL: urls['control-api'],
      DB9_DATA_PROXY_URL: urls['data-proxy'],
      ...internal,
    },
    gateway: {
      DB9_PORT: String(gatewayPort),
      DB9_CONTROL_URL: urls['control-api'],
      DB9_DATA_PROXY_URL: urls['data-proxy'],
      DB9_FUNCTIONS_URL: urls.functions,
      DB9_FAILED_REQUESTS: '0',
      ...internal,
      ...key,
    },
  }
  const running = new Map<PartName, RunningPart>()
  const start = async (name: PartName) => {
    running.set(name, await launch(name, { home: homes[name], env: env[name] }))
  }
  const stop = async (name: PartName) => {
    const code = await running.get(name)?.stop()
    running.delete(name)
    return code ?? null
  }
  const dispose = async () => {
    for (const name of [...running.keys()]) await stop(name)
    rmSync(base, { recursive: true, force: true })
  }
  try {
    await Promise.all((Object.keys(PARTS) as PartName[]).map(start))
    await eventually('the gateway serves', 30_000, async () => (await fetch(`${urls.gateway}/healthz`)).ok)
  } catch (error) {
    await dispose()
    throw error
  }
  const ownerToken = readOwnerToken(homes['control-api']) ?? ''
  return { ...callsOf({ url: urls.gateway, ownerToken }), urls, homes, env, start, stop, dispose }
}

async function launch(name: PartName, { home, env }: { home: string; env: Variables }): Promise<RunningPart> {
  const { child, exited, output } = launchCommand({
    home,
    command: commandOf(name),
    env: { ...UNSET, ...env },
  })
  let hasExited = false
  void exited.then(() => {
    hasExited = true
  })
  await eventually(`the ${name} serves`, 45_000, () => {
    if (hasExited) throw new Error(`the ${name} ended before it served:\n${output()}`)
    return output().includes(PARTS[name].serves)
  })
  return {
    stop: () => {
      child.kill('SIGTERM')
      return exited
    },
  }
}
