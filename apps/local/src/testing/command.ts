import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const CHECKOUT = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', '..')

/** Far above what a start takes, and below a test's own limit, so that the command is ended here. */
const START_LIMIT_MS = 45_000

export interface RunningCommand {
  child: ChildProcess
  pid: number
  url: string
  /** Where the databases lie; may be outside the home. */
  dataFolder: string
  /** Resolves when the command itself has ended. */
  exited: Promise<number | null>
}

export interface CommandOptions extends SpawnOptions {
  home: string
  checkout?: string
  command?: [program: string, ...args: string[]]
  /** Beside DB9_HOME; both ports are chosen free unless named. */
  env?: Record<string, string>
}

/** What runs the stack as `pnpm dev` does, less pnpm. */
export function devCommand(checkout: string = CHECKOUT): [string, ...string[]] {
  return [join(checkout, 'node_modules/.bin/node'), join(checkout, 'apps/local/src/main.ts')]
}

/** Spawns the command, with what it has printed so far at hand. */
export function launchCommand({
  home,
  checkout = CHECKOUT,
  command = devCommand(checkout),
  env = {},
  ...options
}: CommandOptions) {
  const [program, ...args] = command
  const child = spawn(program, args, {
    cwd: checkout,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options,
    env: { ...withoutOwnSettings(process.env), DB9_HOME: home, DB9_PORT: '0', DB9_PG_PORT: '0', ...env },
  })
  let output = ''
  child.stdout?.on('data', (chunk) => {
    output += chunk
  })
  child.stderr?.on('data', (chunk) => {
    output += chunk
  })
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  return { child, exited, output: () => output }
}

/** The machine's environment, which npx needs whole, less what sets up a stack or marks a run by npm or pnpm. */
function withoutOwnSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^(DB9_|npm_|pnpm_|VITEST|NODE_ENV)/i.test(name)),
  )
}

/** Starts the stack as a command and waits for what it prints once it serves. */
export async function startCommand(options: CommandOptions): Promise<RunningCommand> {
  const { child, exited, output } = launchCommand(options)
  const limit = Date.now() + START_LIMIT_MS
  for (let ended = false; ; ) {
    const url = /REST API\s+(\S+)\/customer/.exec(output())?.[1]
    const dataFolder = /^ {4}Data {2,}(\S.*)$/m.exec(output())?.[1]
    if (url !== undefined && dataFolder !== undefined && output().includes('Stop with Ctrl-C')) {
      return { child, pid: child.pid ?? 0, url, dataFolder, exited }
    }
    if (ended) throw new Error(`the command ended before it served:\n${output()}`)
    if (Date.now() > limit) {
      child.kill('SIGKILL')
      throw new Error(`the command did not serve within ${START_LIMIT_MS} ms:\n${output()}`)
    }
    ended = (await Promise.race([exited.then(() => true), sleep(50).then(() => false)])) === true
  }
}

/** Runs a command that is expected to end by itself. */
export async function runCommand(options: CommandOptions): Promise<{ code: number | null; output: string }> {
  const { exited, output } = launchCommand(options)
  return { code: await exited, output: output() }
}

/**
 * Pids of the processes whose command line names one of the paths, this process apart, and of those that they started: a
 * server in a sandbox knows its folders by other names.
 */
export function processesNaming(...paths: string[]): number[] {
  const named = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .filter((pid) => {
      const line = commandLineOf(pid)
      return paths.some((path) => line.includes(path))
    })
  return [...new Set([...named, ...named.flatMap(descendantsOf)])]
}

function descendantsOf(pid: number): number[] {
  const children = childrenOf(pid)
  return [...children, ...children.flatMap(descendantsOf)]
}

export function childrenOf(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
    return children === '' ? [] : children.split(' ').map(Number)
  } catch {
    return []
  }
}

/** The first process of a database's server, outside of its namespace. */
export function postmasterOf(dataFolder: string, databaseId: string): number {
  return JSON.parse(readFileSync(join(dataFolder, databaseId, 'server.json'), 'utf8')).pid
}

export function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** Waits until the condition holds; throws with `what` where it does not within the limit. */
export async function eventually(what: string, limitMs: number, condition: () => boolean | Promise<boolean>) {
  for (const end = Date.now() + limitMs; Date.now() < end; await sleep(50)) if (await condition()) return
  throw new Error(`${what}: not within ${limitMs} ms`)
}
