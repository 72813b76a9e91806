/** Runs the gateway's workerd, and keeps it running. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { rotateByCopy } from '@db9/process/logs'
import { writePrivateFile } from '@db9/process/private-file'
import { isAlive, type ProcessIdentity, readProcess } from '@db9/process/processes'
import { StartError } from '@db9/process/start-error'
import { gatewayFiles } from './files.ts'
import { limitConnections } from './listener/limit-connections.ts'
import { onLine } from './listener/lines.ts'
import { Listener, listenerCommand } from './listener/listener.ts'
import type { ConnectionCaps, Refusals } from './listener/refusals.ts'

// The package has no types; its default export is the path of the binary for this platform.
const { default: WORKERD } = createRequire(import.meta.url)('workerd') as { default: string }

export interface WorkerdOptions {
  host: string
  /** 0 chooses a free one. */
  port: number
  /** Path of the config for `workerd serve`. */
  configPath: string
  /** Its working folder, where the file lies that names the process for the start after a crash. */
  folder: string
  /** Where standard output and error go. */
  logPath: string
  /** How many connections there may be. */
  connections: ConnectionCaps & { total: number }
  /** Told when new connections of everybody are refused, and when no longer. */
  onFull?: (isFull: boolean) => void
  /** Told when new connections of other clients are refused than before. */
  onRefusals?: (refusals: Refusals) => void
  /** Addresses and blocks that the cap of one client does not apply to. */
  trustedProxies: string
  /** The environment that the config's `fromEnvironment` bindings read; nothing else is passed on. */
  env: Record<string, string>
}

export interface RunningWorkerd {
  /** The port that the socket `http` really listens on. */
  port: number
  stop(): Promise<void>
}

const CONTROL_FD = 3
const START_TIMEOUT_MS = 20_000
const WATCH_MS = 50
const STOP_TIMEOUT_MS = 2_000
const RESTART_DELAY_MS = 250

/**
 * Runs the gateway's workerd and keeps it running: the listener starts one that ended again, on the same socket, so that
 * clients wait for it. A listener that ended is started again on the same port. Throws a `StartError` where it does not
 * come to listen.
 */
export async function startWorkerd(options: WorkerdOptions): Promise<RunningWorkerd> {
  let stopping = false
  let current = await launch(options, options.port)

  const supervise = () => {
    current.process.once('exit', async () => {
      while (!stopping) {
        await new Promise((resolve) => setTimeout(resolve, RESTART_DELAY_MS))
        if (stopping) return
        try {
          current = await launch(options, current.port)
          if (stopping) current.process.kill('SIGKILL')
          return supervise()
        } catch {
          // The port may still be held for a moment; the loop tries again.
        }
      }
    })
  }
  supervise()

  const endRotation = rotateByCopy(options.logPath)
  const limiting = new AbortController()
  if (current.listener) {
    void limitConnections({
      caps: options.connections,
      trustedProxies: options.trustedProxies,
      count: async (least) => (await current.listener?.count(least)) ?? null,
      setFilter: (filter) => current.listener?.setFilter(filter),
      ...(options.onRefusals && { onChange: options.onRefusals }),
      signal: limiting.signal,
    })
  }

  return {
    port: current.port,
    stop: async () => {
      stopping = true
      limiting.abort()
      endRotation()
      await end(current.process)
      rmSync(identityPath(options.folder), { force: true })
    },
  }
}

interface Launched {
  process: ChildProcess
  port: number
  /** Null where the gateway listens by itself. */
  listener: Listener | null
}

async function launch(options: WorkerdOptions, port: number): Promise<Launched> {
  const log = createWriteStream(options.logPath, { flags: 'a', mode: 0o600 })
  await new Promise((resolve) => log.once('open', resolve))
  const serve = [WORKERD, 'serve', `--control-fd=${CONTROL_FD}`]
  const listenWith = listenerCommand({ host: options.host, port, most: options.connections.total })
  const host = options.host.includes(':') ? `[${options.host}]` : options.host
  const [program = '', ...args] = listenWith
    ? [...listenWith, ...serve, '--socket-fd=http={fd}', options.configPath]
    : [...serve, `--socket-addr=http=${host}:${port}`, options.configPath]
  // A group of its own: a terminal's Ctrl-C reaches the stack alone, which then ends its parts in order.
  const child = spawn(program, args, {
    stdio: ['pipe', listenWith ? 'pipe' : log, log, 'pipe'],
    cwd: options.folder,
    env: options.env,
    detached: true,
  })
  log.end()
  let starts = 0
  const listener = listenWith
    ? new Listener(child, {
        onStarted: (pid) => {
          starts += 1
          remember(options.folder, pid, child.pid)
        },
        ...(options.onFull && { onFull: options.onFull }),
      })
    : null
  if (!listener) remember(options.folder, child.pid)
  try {
    return { process: child, port: await listening(child, options.logPath, () => starts > 1), listener }
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
}

/**
 * Waits for workerd's own word, on its control descriptor, that the socket `http` listens.
 *
 * @param hasEnded whether workerd ended before and was started again
 */
function listening(child: ChildProcess, logPath: string, hasEnded: () => boolean): Promise<number> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      clearTimeout(timer)
      clearInterval(watch)
      child.off('exit', onExit)
    }
    const fail = (what: string) => {
      settle()
      reject(new StartError(`The gateway ${what}. Its log says:\n${lastLines(logPath)}`))
    }
    const onExit = (code: number | null, signal: string | null) =>
      fail(`ended while it started (${signal ?? code})`)
    const timer = setTimeout(() => fail('did not start in time'), START_TIMEOUT_MS)
    const watch = setInterval(() => {
      if (hasEnded()) fail('ended while it started')
    }, WATCH_MS)
    child.once('error', (error) => fail(`could not be run (${error.message})`))
    child.once('exit', onExit)
    onLine(child.stdio[CONTROL_FD] as Readable, (line) => {
      const event = JSON.parse(line) as { event: string; socket?: string; port?: number }
      if (event.event !== 'listen' || event.socket !== 'http' || event.port === undefined) return
      settle()
      resolve(event.port)
    })
  })
}

function lastLines(path: string): string {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-8).join('\n')
  } catch {
    return `(${path} cannot be read)`
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = new Promise((resolve) => child.once('exit', resolve))
  child.stdin?.end()
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
  await exited
  clearTimeout(timer)
}

function identityPath(folder: string): string {
  return join(folder, 'workerd.json')
}

/** The processes of a gateway, for the start after a crash of the stack. */
interface Remembered extends ProcessIdentity {
  listener?: ProcessIdentity
}

function remember(folder: string, pid: number | undefined, listenerPid?: number): void {
  const identity = identityOf(pid)
  const listener = identityOf(listenerPid)
  if (!identity) return
  writePrivateFile(identityPath(folder), JSON.stringify({ ...identity, ...(listener && { listener }) }))
}

function identityOf(pid: number | undefined): ProcessIdentity | null {
  const entry = pid === undefined ? null : readProcess(pid)
  return entry && { pid: entry.pid, startTime: entry.startTime }
}

/** Ends the gateway that a killed process left behind in its folder: ours only if pid, start time and its config's path agree. */
export async function endOrphanedWorkerd(home: string): Promise<void> {
  const { folder, configPath } = gatewayFiles(home)
  const remembered = readRemembered(identityPath(folder))
  if (!remembered) return
  // The listener first: it would start the other again.
  for (const identity of [remembered.listener, remembered]) {
    const entry = identity && readProcess(identity.pid)
    if (!identity || entry?.startTime !== identity.startTime || !entry.args.includes(configPath)) continue
    process.kill(identity.pid, 'SIGKILL')
    while (isAlive(identity)) await new Promise((resolve) => setTimeout(resolve, 10))
  }
  rmSync(identityPath(folder), { force: true })
}

function readRemembered(path: string): Remembered | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Remembered
  } catch {
    return null
  }
}
