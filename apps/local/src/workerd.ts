import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { isAlive, type ProcessIdentity, readProcess } from '@db9/engine'
import { StartError } from './errors.ts'
import type { GatewayFiles } from './gateway.ts'
import { writePrivateFile } from './secrets.ts'

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
  /** The environment that the config's `fromEnvironment` bindings read; nothing else is passed on. */
  env: Record<string, string>
}

export interface RunningWorkerd {
  /** The port that the socket `http` really listens on. */
  port: number
  stop(): Promise<void>
}

const START_TIMEOUT_MS = 20_000
const STOP_TIMEOUT_MS = 2_000
const RESTART_DELAY_MS = 250

/**
 * Runs the gateway's workerd and keeps it running: one that ends by itself is started again on the same port.
 * Throws a `StartError` where it does not come to listen.
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

  return {
    port: current.port,
    stop: async () => {
      stopping = true
      await end(current.process)
      rmSync(identityPath(options.folder), { force: true })
    },
  }
}

interface Launched {
  process: ChildProcess
  port: number
}

async function launch(options: WorkerdOptions, port: number): Promise<Launched> {
  const log = createWriteStream(options.logPath, { flags: 'a', mode: 0o600 })
  await new Promise((resolve) => log.once('open', resolve))
  // A group of its own: a terminal's Ctrl-C reaches the stack alone, which then ends its parts in order.
  const host = options.host.includes(':') ? `[${options.host}]` : options.host
  const child = spawn(
    WORKERD,
    ['serve', '--control-fd=3', `--socket-addr=http=${host}:${port}`, options.configPath],
    {
      stdio: ['ignore', log, log, 'pipe'],
      cwd: options.folder,
      env: options.env,
      detached: true,
    },
  )
  log.end()
  remember(options.folder, child.pid)
  try {
    return { process: child, port: await listening(child, options.logPath) }
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
}

/** Waits for workerd's own word, on its control descriptor, that the socket `http` listens. */
function listening(child: ChildProcess, logPath: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (what: string) => {
      clearTimeout(timer)
      reject(new StartError(`The gateway ${what}. Its log says:\n${lastLines(logPath)}`))
    }
    const timer = setTimeout(() => fail('did not start in time'), START_TIMEOUT_MS)
    child.once('error', (error) => fail(`could not be run (${error.message})`))
    child.once('exit', (code, signal) => fail(`ended while it started (${signal ?? code})`))
    let text = ''
    const control = child.stdio[3] as Readable
    control.setEncoding('utf8')
    control.on('data', (chunk: string) => {
      text += chunk
      for (const line of text.split('\n').slice(0, -1)) {
        const event = JSON.parse(line) as { event: string; socket?: string; port?: number }
        if (event.event !== 'listen' || event.socket !== 'http' || event.port === undefined) continue
        clearTimeout(timer)
        child.removeAllListeners('exit')
        resolve(event.port)
      }
      text = text.slice(text.lastIndexOf('\n') + 1)
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
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
  await exited
  clearTimeout(timer)
}

function identityPath(folder: string): string {
  return join(folder, 'workerd.json')
}

function remember(folder: string, pid: number | undefined): void {
  const entry = pid === undefined ? null : readProcess(pid)
  if (entry)
    writePrivateFile(identityPath(folder), JSON.stringify({ pid: entry.pid, startTime: entry.startTime }))
}

/** Ends the workerd that a killed stack left behind: ours only if pid, start time and its config's path agree. */
export async function endOrphanedWorkerd({ folder, configPath }: GatewayFiles): Promise<void> {
  const identity = readIdentity(identityPath(folder))
  if (!identity) return
  const entry = readProcess(identity.pid)
  if (entry?.startTime === identity.startTime && entry.args.includes(configPath)) {
    process.kill(identity.pid, 'SIGKILL')
    while (isAlive(identity)) await new Promise((resolve) => setTimeout(resolve, 10))
  }
  rmSync(identityPath(folder), { force: true })
}

function readIdentity(path: string): ProcessIdentity | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ProcessIdentity
  } catch {
    return null
  }
}
