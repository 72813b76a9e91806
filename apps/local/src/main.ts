/** The command line: `dev`, `stop`, `doctor`, `restore-metadata`. */

import { StartError } from '@db9/process/start-error'
import { watchLaunchers } from './ancestors.ts'
import { describe } from './describe.ts'
import { checkHome } from './doctor.ts'
import { restoreMetadataOf } from './restore-metadata.ts'
import { startLocal } from './start.ts'
import { stopRunning } from './stop.ts'

const STOP_LIMIT_MS = 5_000

try {
  await runCommand(process.argv[2])
} catch (error) {
  if (!(error instanceof StartError)) throw error
  console.error(error.message)
  process.exitCode = 1
}

async function runCommand(name: string | undefined): Promise<void> {
  if (name === 'stop') return stopRunning(process.env)
  if (name === 'doctor') {
    if (!(await checkHome(process.env))) process.exitCode = 1
    return
  }
  if (name === 'restore-metadata') return restoreMetadataOf(process.env, process.argv.slice(3))
  if (name === undefined) return run()
  throw new StartError(
    `There is no command "${name}". There are stop, doctor and restore-metadata; none starts db9.`,
  )
}

async function run(): Promise<void> {
  const abandon = new AbortController()
  const starting = startLocal({ onProgress: say, signal: abandon.signal })

  const stop = async (why: string) => {
    if (abandon.signal.aborted) return
    say(`${why}, stopping …`)
    abandon.abort()
    setTimeout(() => process.exit(1), STOP_LIMIT_MS).unref()
    // A start that is under way ends what it has begun, and then rejects.
    await starting.then((stack) => stack.stop()).catch(() => {})
    process.exit(0)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(signal))
  watchLaunchers(() => void stop('The command that started db9 has ended'))

  try {
    const stack = await starting
    if (!abandon.signal.aborted) process.stdout.write(describe(stack))
  } catch (error) {
    if (!abandon.signal.aborted) throw error
  }
}

function say(text: string): void {
  // The reader may be gone (a closed terminal, a pipe's other end); that must not keep the stack from stopping.
  process.stderr.write(`  ${text}\n`, () => {})
}
