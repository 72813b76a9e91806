/** Processes of a run: started one after the other, all ended whatever happens. */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'

const READY_LIMIT_MS = 120_000
const STOP_LIMIT_MS = 8_000

export interface Children {
  /** Runs a script on this Node until it announces itself; gives what it announced. */
  node(
    name: string,
    options: { script: string; cwd?: string; env?: Record<string, string> },
  ): Promise<Announced>
  /** Runs `workerd serve` on a config; gives the port of its socket `http`. */
  workerd(name: string, options: { configPath: string }): Promise<number>
  stop(name: string): Promise<void>
  stopAll(): Promise<void>
}

export type Announced = Record<string, unknown> & { port: number; pid: number }

/** `logFolder` gets one log for each child. */
export function startChildren(logFolder: string, workerdPath: string): Children {
  const running = new Map<string, ChildProcess>()

  function start(
    name: string,
    command: string,
    args: string[],
    options: { cwd?: string; env?: Record<string, string>; announces: 'stdout' | 'control' },
  ): Promise<Announced> {
    const logPath = join(logFolder, `${name}.log`)
    const log = openSync(logPath, 'w')
    const control = options.announces === 'control'
    const child = spawn(command, args, {
      // Standard input stays open as long as the bench lives: its end tells a child to go.
      stdio: ['pipe', control ? log : 'pipe', log, control ? 'pipe' : 'ignore'],
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      // A terminal's Ctrl-C reaches the bench alone, which ends its children in order.
      detached: true,
    })
    closeSync(log)
    running.set(name, child)
    child.once('exit', () => running.delete(name))
    return new Promise((resolve, reject) => {
      const fail = (what: string) => {
        clearTimeout(timer)
        reject(new Error(`${name} ${what}. Its log ${logPath} ends:\n${lastLines(logPath)}`))
      }
      const timer = setTimeout(() => fail('was not ready in time'), READY_LIMIT_MS)
      child.once('error', (error) => fail(`could not be run (${error.message})`))
      child.once('exit', (code, signal) => fail(`ended while it started (${signal ?? code})`))
      let text = ''
      const stream = (control ? child.stdio[3] : child.stdout) as Readable
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
        const lines = text.split('\n')
        text = lines.pop() ?? ''
        for (const line of lines) {
          const facts = parseFacts(line)
          if (facts === null) continue
          clearTimeout(timer)
          child.removeAllListeners('exit')
          child.once('exit', () => running.delete(name))
          resolve({ ...facts, port: Number(facts.port), pid: child.pid ?? 0 })
        }
      })
    })
  }

  async function stop(name: string): Promise<void> {
    const child = running.get(name)
    if (!child) return
    const exited = new Promise((resolve) => child.once('exit', resolve))
    child.stdin?.end()
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
    await exited
    clearTimeout(timer)
    running.delete(name)
  }

  return {
    node: (name, { script, cwd, env }) =>
      start(name, process.execPath, [script], {
        announces: 'stdout',
        ...(cwd !== undefined && { cwd }),
        ...(env && { env }),
      }),
    workerd: async (name, { configPath }) => {
      const args = ['serve', '--control-fd=3', '--socket-addr=http=127.0.0.1:0', configPath]
      return (await start(name, workerdPath, args, { announces: 'control' })).port
    },
    stop,
    stopAll: async () => {
      await Promise.all([...running.keys()].map(stop))
    },
  }
}

/** A child's own announcement, or workerd's that its socket listens; null for any other line. */
function parseFacts(line: string): Record<string, unknown> | null {
  const facts = parseObject(line)
  if (facts === null) return null
  return facts.ready === true || (facts.event === 'listen' && facts.socket === 'http') ? facts : null
}

/** Null for what is no JSON object: a peer may print anything. */
function parseObject(line: string): Record<string, unknown> | null {
  if (!line.startsWith('{')) return null
  try {
    return JSON.parse(line) as Record<string, unknown>
  } catch {
    return null
  }
}

function lastLines(path: string): string {
  return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-12).join('\n')
}
