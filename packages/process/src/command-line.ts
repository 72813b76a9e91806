/** The command line of a part: commands by name, and without one a start that serves until it is told to stop. */
import { Closers } from './closers.ts'
import { watchLaunchers } from './launchers.ts'
import { StartError } from './start-error.ts'

const STOP_LIMIT_MS = 5_000

/** What a start is given. */
export interface Start {
  /** Takes what is begun, to be ended at a stop, and where the start fails. */
  closers: Closers
  /** Gives the start up; what was begun is ended then. */
  signal: AbortSignal
  /** Says what a person may have to wait for. */
  say(text: string): void
}

/** Begins to serve, and resolves with what is said on the standard output once it does. */
export type Serve = (start: Start) => Promise<string>

export type Commands = Readonly<Record<string, (args: string[]) => Promise<void>>>

/** Runs what the arguments name. Why a start fails is said in words, and the process ends with 1. */
export async function runCommandLine(args: string[], commands: Commands, serve: Serve): Promise<void> {
  try {
    await find(args, commands, serve)()
  } catch (error) {
    if (!(error instanceof StartError)) throw error
    console.error(error.message)
    process.exitCode = 1
  }
}

function find([name, ...rest]: string[], commands: Commands, serve: Serve): () => Promise<void> {
  if (name === undefined) return () => serveUntilStopped(serve)
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command) return () => command(rest)
  const names = Object.keys(commands)
  throw new StartError(
    `There is no command "${name}". There are ${names.slice(0, -1).join(', ')} and ${names.at(-1)}; none starts db9.`,
  )
}

async function serveUntilStopped(serve: Serve): Promise<void> {
  const abandon = new AbortController()
  const closers = new Closers()
  abandon.signal.addEventListener('abort', () => void closers.close(), { once: true })
  const starting = serve({ closers, signal: abandon.signal, say })

  const stop = async (why: string) => {
    if (abandon.signal.aborted) return
    say(`${why}, stopping …`)
    abandon.abort()
    setTimeout(() => process.exit(1), STOP_LIMIT_MS).unref()
    // A start that is under way rejects.
    await starting.catch(() => {})
    await closers.close()
    process.exit(0)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(signal))
  watchLaunchers(() => void stop('The command that started db9 has ended'))

  try {
    const text = await starting
    if (!abandon.signal.aborted) process.stdout.write(text)
  } catch (error) {
    if (abandon.signal.aborted) return
    await closers.close()
    throw error
  }
}

function say(text: string): void {
  // The reader may be gone (a closed terminal, a pipe's other end); that must not keep a part from stopping.
  process.stderr.write(`  ${text}\n`, () => {})
}
