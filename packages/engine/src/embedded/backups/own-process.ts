/** Processes of the service's own that read what a hostile process has written, of little memory. */
import { type ChildProcess, fork } from 'node:child_process'
import { EngineError, type EngineErrorCode } from '../../errors.ts'

const NICE = 10
const MEMORY_MB = 96
/** Of what a process says before it ends by itself. */
const LAST_WORDS = 2_048

/** What went wrong in such a process, as it tells it. */
export interface Failure {
  kind: 'failed'
  code: EngineErrorCode | null
  message: string
}

/** Its standard input and output are pipes, and it takes messages. What is not urgent yields to whatever else the machine does. */
export function startOwnProcess(program: string, { isUrgent }: { isUrgent: boolean }): ChildProcess {
  return fork(program, [], {
    // `nice` becomes what it starts, with all of its threads.
    execPath: 'nice',
    execArgv: ['-n', String(isUrgent ? 0 : NICE), process.execPath, `--max-old-space-size=${MEMORY_MB}`],
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin' },
    stdio: ['pipe', 'pipe', 'pipe', 'ipc'],
    // A terminal's Ctrl-C is for the service, which says what becomes of the backup.
    detached: true,
  })
}

/** Called once where the process cannot be started, or ends; in the last case with what it said last. */
export function onEnd(child: ChildProcess, end: (reason: Error) => void): void {
  let lastWords = ''
  child.stderr?.on('data', (text) => {
    lastWords = (lastWords + String(text)).slice(-LAST_WORDS)
  })
  child.once('error', end)
  child.once('exit', () => end(new Error(`the process ended: ${lastWords}`)))
}

export function toFailure(error: unknown): Failure {
  return {
    kind: 'failed',
    code: error instanceof EngineError ? error.code : null,
    message: error instanceof Error ? error.message : String(error),
  }
}

export function fromFailure({ code, message }: Failure): Error {
  return code === null ? new Error(message) : new EngineError(code, message)
}
