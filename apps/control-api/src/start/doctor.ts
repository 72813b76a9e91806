/** `doctor`: checks the machine and a data folder without starting anything. */
import { existsSync } from 'node:fs'
import { createEmbeddedEngine, EngineError, startMetadataServer } from '@db9/engine'
import { Closers } from '@db9/process/closers'
import { ENOUGH_OPEN_FILES, openFiles } from '@db9/process/file-limit'
import { type Holder, lockHome, readHolder } from '@db9/process/lock'
import { fileLogger } from '@db9/process/logs'
import { StartError } from '@db9/process/start-error'
import type { SelfCheck, ServerFacts } from '@db9/types'
import { DEFAULT_RETENTION } from '../config.ts'
import { createControlApi } from '../create.ts'
import type { EngineSettings } from './engine-settings.ts'
import { loadSecrets, readOwnerToken } from './secrets.ts'

/** Where an installation lies, and how its engine is set. */
export interface HomeConfig extends EngineSettings {
  home: string
  pgPort: number
}

/**
 * Compares the metadata with folders, processes, archives and backups, and says what differs. A stack that runs is asked;
 * else the data folder is opened for as long as it takes, with nothing served. Returns whether all is well.
 */
export async function checkHome(config: HomeConfig): Promise<boolean> {
  const holder = readHolder(config.home)
  const check = holder ? await askStack(holder, config.home) : await checkStopped(config)
  process.stdout.write(describe(check, config.home))
  return check.ok
}

async function askStack({ pid, url }: Holder, home: string): Promise<SelfCheck> {
  if (url === undefined)
    throw new StartError(`db9 (process ${pid}) is still starting. Try again when it serves.`)
  const headers = { authorization: `Bearer ${readOwnerToken(home)}` }
  const reply = await fetch(`${url}/customer/self-check`, { headers }).catch((cause: unknown) => {
    throw new StartError(`db9 on ${url} (process ${pid}) does not answer. Is the gateway running?`, { cause })
  })
  if (reply.ok) return (await reply.json()) as SelfCheck
  throw new StartError(`db9 on ${url} answered ${reply.status}: ${await reply.text()}`)
}

async function checkStopped(config: HomeConfig): Promise<SelfCheck> {
  const { home } = config
  if (!existsSync(home))
    throw new StartError(`There is no data folder ${home}. Set DB9_HOME to the one to check.`)
  const closers = new Closers()
  try {
    closers.add(lockHome(home).release)
    const secrets = loadSecrets(home)
    const placed = { ...config, loginKey: secrets.logins }
    const engine = await createEmbeddedEngine({ ...placed, poolSize: 0 })
    closers.add(() => engine.close())
    const metadata = await startMetadataServer(placed)
    closers.add(() => metadata.stop())
    const control = await createControlApi(
      {
        metadata: metadata.connection,
        internalSecret: secrets.internal,
        keySecret: secrets.key,
        encryptionKey: secrets.encryption,
        pgAddress: () => ({ host: 'localhost', port: config.pgPort }),
        anonymousRegistration: false,
        allowLocalJwks: false,
        retention: DEFAULT_RETENTION,
      },
      { engine, notifyInvalidation: async () => {}, log: fileLogger(home, 'control-api') },
    )
    closers.add(() => control.close())
    await control.migrate()
    return await control.selfCheck()
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    throw new StartError(`${home} could not be checked: ${error.message}`, { cause: error })
  } finally {
    await closers.close()
  }
}

function describe(check: SelfCheck, home: string): string {
  const { databases, awake, deleted_databases, backups, running_operations, findings } = check
  const lines = [
    `${home}: ${databases} databases (${awake} awake), ${deleted_databases} deleted and recoverable, ` +
      `${backups} backups, ${running_operations} operations under way`,
    ...describeServer(check.server),
    ...describeOpenFiles(openFiles()),
    ...findings.map(({ subject, id, problem }) => `${subject} ${id}: ${problem}`),
    findings.length === 0 ? 'Everything is as the metadata says.' : `${findings.length} to look at.`,
  ]
  return `${lines.join('\n')}\n`
}

function describeOpenFiles(limit: number): string[] {
  if (limit >= ENOUGH_OPEN_FILES || process.getuid?.() === 0) return []
  return [
    `A process may open ${limit} files; raise the limit before the start (ulimit -n ${ENOUGH_OPEN_FILES}) to serve more clients.`,
  ]
}

function describeServer({ postgres, isolation }: ServerFacts): string[] {
  const { version, newest_known, flaws, folder, passed_over } = postgres
  const walls = {
    root: 'each database runs as a user of its own, in a sandbox',
    user: 'each database runs in a sandbox, as the user who started db9',
  }
  return [
    `PostgreSQL ${version} in ${folder}`,
    ...passed_over.map((other) => `  not used: ${other.folder}, since ${other.reason}`),
    ...(flaws.length > 0
      ? [
          `  ${flaws.length} published flaws that ${newest_known.version} (${newest_known.date}) has not; SECURITY.md tells how to run it:`,
        ]
      : []),
    ...flaws.map((flaw) => `  ${flaw.cve} (${flaw.usable_by}, mended in ${flaw.fixed_in}): ${flaw.summary}`),
    isolation.by === null
      ? `Databases are not isolated from each other: ${isolation.reason}`
      : `Isolation: ${walls[isolation.by]}`,
  ]
}
