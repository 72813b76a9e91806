import { watchLaunchers } from './ancestors.ts'
import { describe } from './describe.ts'
import { StartError } from './errors.ts'
import { type LocalStack, startLocal } from './start.ts'
import { stopRunning } from './stop.ts'

const STOP_LIMIT_MS = 5_000

try {
  await (process.argv[2] === 'stop' ? stopRunning(process.env) : run())
} catch (error) {
  if (!(error instanceof StartError)) throw error
  console.error(error.message)
  process.exitCode = 1
}

async function run(): Promise<void> {
  let stack: LocalStack | undefined
  let stopping = false

  const stop = async (why: string) => {
    if (stopping) return
    stopping = true
    say(`${why}, stopping …`)
    setTimeout(() => process.exit(1), STOP_LIMIT_MS).unref()
    await stack?.stop()
    process.exit(0)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(signal))
  watchLaunchers(() => void stop('The command that started db9 has ended'))

  stack = await startLocal({ onProgress: say })
  if (stopping) await stack.stop()
  else process.stdout.write(describe(stack))
}

function say(text: string): void {
  // The reader may be gone (a closed terminal, a pipe's other end); that must not keep the stack from stopping.
  process.stderr.write(`  ${text}\n`, () => {})
}
