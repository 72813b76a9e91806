/** Gives our roles passwords without logging in: on a server that does not run, in Postgres' single-user mode. */
import { once } from 'node:events'
import { EngineError } from '../../errors.ts'
import type { DatabaseSettings } from '../../settings.ts'
import type { Placement } from '../cluster/placement.ts'
import type { ServerFiles } from '../cluster/server-files.ts'
import type { ServerIds } from '../cluster/users.ts'
import { SERVICE_ROLES, type ServerLogins, verifierOf } from '../sql/logins.ts'
import { commonSettings, toArguments } from './command-line.ts'
import { type LaunchOptions, launchProgram } from './launch.ts'
import { asNamedUser } from './named-user.ts'
import { readOutput } from './output-tail.ts'
import { endSurvivor } from './survivors.ts'

/** Of what the single-user mode says, which is a few lines. */
const MOST_OUTPUT_BYTES = 64 * 1024

/** Beside those of a database, the metadata's own. */
export const CONTROL_ROLE = 'db9_control'
const ROLES = [...SERVICE_ROLES, CONTROL_ROLE]

export interface SingleUserOptions {
  ids: ServerIds | null
  settings?: DatabaseSettings | undefined
  overrides?: Readonly<Record<string, string>> | undefined
  signal?: AbortSignal | undefined
  onLaunched?: LaunchOptions['onLaunched']
}

/** It replays the log first, as a start does. */
const LIMIT_MS = 10 * 60_000

/** The logins of a server that is stopped; new ones where it has none, as a copy or the data of an earlier release. */
export async function ensureLogins(
  placement: Placement,
  files: ServerFiles,
  options: SingleUserOptions,
): Promise<ServerLogins> {
  const known = placement.logins.of(files)
  if (known) return known
  await endSurvivor(files)
  const { logins, keep } = placement.logins.renew(files)
  const verifiers = ROLES.map((role) => `('${role}','${verifierOf(logins, role)}')`).join(',')
  const statement = `update pg_authid set rolpassword = v.verifier from (values ${verifiers}) as v (role, verifier) where rolname = v.role`
  await asNamedUser(placement, files, options.ids, (ids) =>
    runSingleUser(placement, files, statement, { ...options, ids }),
  )
  await keep()
  return logins
}

/** One statement on one line, which is how single-user mode ends one (docs: postgres, "Single-User Mode"). */
async function runSingleUser(
  placement: Placement,
  files: ServerFiles,
  statement: string,
  { ids, settings, overrides, signal, onLaunched }: SingleUserOptions,
): Promise<void> {
  signal?.throwIfAborted()
  const all = { ...commonSettings(placement, files, settings), ...overrides }
  const args = ['--single', ...toArguments(placement, files, all), 'template1']
  const child = launchProgram(placement, files, 'postgres', args, { ids, settings, onLaunched })
  const said = readOutput([child.stdout, child.stderr], MOST_OUTPUT_BYTES)
  child.stdin?.on('error', () => {
    // It ended before it read; its exit code tells.
  })
  child.stdin?.end(`${statement}\n`)
  // A sandbox passes no other signal on.
  const giveUp = () => child.kill('SIGKILL')
  const limit = setTimeout(giveUp, LIMIT_MS).unref()
  signal?.addEventListener('abort', giveUp, { once: true })
  const [code] = (await once(child, 'close')) as [number | null]
  clearTimeout(limit)
  signal?.removeEventListener('abort', giveUp)
  signal?.throwIfAborted()
  const { text: output, isCut } = await said
  // A statement that fails does not end the program. What is said in so many words could hide an error.
  if (code === 0 && !isCut && !/\b(?:ERROR|FATAL|PANIC): /.test(output)) return
  throw new EngineError('failed', 'PostgreSQL did not start', {
    cause: new Error(output.trim().slice(-2_000)),
  })
}
