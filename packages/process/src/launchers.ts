/** The processes that launched this one, so that it ends when they do. */
import { type ProcessEntry, readProcess } from './processes.ts'

/** npx, npm, pnpm and the shells they put between: what a person means by "the command I started". */
const LAUNCHER = /^(node|npm|npx|pnpm|turbo|corepack)\b/
const SHELL = /^(ba|da|z|a)?sh$/

function isLauncher({ command, args }: ProcessEntry): boolean {
  if (LAUNCHER.test(command)) return true
  return SHELL.test(command) && args.includes(' -c ')
}

/** The unbroken line of launchers above `pid`, nearest first; a person's own shell or terminal ends it. */
export function launchersAbove(
  pid: number,
  read: (pid: number) => ProcessEntry | null = readProcess,
): ProcessEntry[] {
  const line: ProcessEntry[] = []
  for (let entry = read(pid); entry && entry.parent > 1; ) {
    const parent = read(entry.parent)
    if (!parent || !isLauncher(parent)) break
    line.push(parent)
    entry = parent
  }
  return line
}

const POLL_MS = 500

/**
 * Calls `onGone` once when any launcher above this process ends. npx passes no signal on to what it runs, so a SIGTERM
 * that only npx or pnpm got would otherwise leave the stack running. Returns the function that stops watching.
 */
export function watchLaunchers(onGone: () => void): () => void {
  const line = launchersAbove(process.pid)
  if (line.length === 0) return () => {}
  const timer = setInterval(() => {
    if (line.every(({ pid, startTime }) => readProcess(pid)?.startTime === startTime)) return
    clearInterval(timer)
    onGone()
  }, POLL_MS)
  timer.unref()
  return () => clearInterval(timer)
}
