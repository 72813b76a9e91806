/** Programs of the system: which are there, and what they say. */
import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'

export const run = promisify(execFile)

/** Whether a command can be run; where `DB9_TEST_REQUIRE` names `what`, its lack is an error. */
export function isThere(what: string, command: string, args: readonly string[]): boolean {
  const found = spawnSync(command, args, { stdio: 'ignore' }).status === 0
  const required = (process.env.DB9_TEST_REQUIRE ?? '').split(',')
  if (!found && required.includes(what))
    throw new Error(`${what} is not installed, and DB9_TEST_REQUIRE names it`)
  return found
}
