/** The template that databases are copied from, and how clusters are made. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { EngineError } from '../../errors.ts'
import { readControlFile } from '../copies/control-file.ts'
import { readOrigin, writeOrigin } from '../copies/origin.ts'
import { parseSegment, segmentOf } from '../copies/wal-files.ts'
import { launchProgram } from '../process/launch.ts'
import { asNamedUser } from '../process/named-user.ts'
import { readOutput } from '../process/output-tail.ts'
import { takeOwnership } from '../process/ownership.ts'
import { startServer, toOperatorError } from '../process/postgres-process.ts'
import { WAL_SEGMENT_BYTES } from '../process/postgres-settings.ts'
import { pathsOf } from '../process/server-paths.ts'
import { stopServer } from '../process/stop-server.ts'
import { endSurvivor } from '../process/survivors.ts'
import { guardDatabases } from '../sql/guard.ts'
import { passwordsSql } from '../sql/logins.ts'
import { asSuperuser } from '../sql/superuser.ts'
import { bootstrapSchemas } from './bootstrap/apply.ts'
import { GUARD_SQL } from './bootstrap/guard.sql.ts'
import { UUID_UID_SQL } from './bootstrap/identity.sql.ts'
import { ROLES_SQL, SUPERUSER } from './bootstrap/roles.sql.ts'
import { SCHEMA_VERSIONS } from './bootstrap/schemas.sql.ts'
import { publishFolder, removeTree } from './files.ts'
import { makeFolder, makeServerFolder } from './own-folders.ts'
import type { Placement, PlacementOptions } from './placement.ts'
import { type ServerFiles, serverFiles } from './server-files.ts'
import type { ServerIds } from './users.ts'

const INITDB = [
  `--username=${SUPERUSER}`,
  // Servers have a file of their own for this, outside of their data.
  '--auth=reject',
  '--encoding=UTF8',
  '--locale=C',
  // Indexes must not depend on the collations of the machine or of the bundle's old ICU.
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  `--wal-segsize=${WAL_SEGMENT_BYTES / 2 ** 20}`,
  '--data-checksums',
  '--no-sync',
  '--no-instructions',
]

/** Names a template by what it is made of, so that another release makes its own. */
export function templateName(placement: Pick<Placement, 'postgres'>): string {
  const inputs = JSON.stringify([
    placement.postgres.version,
    INITDB,
    ROLES_SQL,
    SCHEMA_VERSIONS,
    UUID_UID_SQL,
    GUARD_SQL,
    'archived',
    MAP_FORK.source,
    'no spare WAL',
  ])
  return `template-${createHash('sha256').update(inputs).digest('hex').slice(0, 12)}`
}

/**
 * The folder of a cleanly stopped cluster with our roles and schemas, made at the first call: a database is a copy of
 * it. Half-made ones of a crash are ended and removed, as are those of other releases, unless the past of a database
 * begins with one.
 */
export async function ensureTemplate(
  placement: Placement,
  { onProgress = () => {}, signal }: Pick<PlacementOptions, 'onProgress' | 'signal'>,
): Promise<string> {
  const name = templateName(placement)
  const folder = join(placement.dataFolder, name)
  const entries = readdirSync(placement.dataFolder)
  const referenced = new Set(entries.map((entry) => templateOf(join(placement.dataFolder, entry))))
  for (const entry of entries) {
    if (!entry.startsWith('template-') || entry === name) continue
    const files = serverFiles(placement, entry)
    if (referenced.has(entry)) await takeOwnership(placement, files)
    else {
      await endSurvivor(files)
      await removeTree(files.folder)
    }
  }
  if (existsSync(folder)) return folder
  onProgress('preparing the template that databases are copied from (once)')
  const draft = serverFiles(placement, `${name}.tmp`)
  await initCluster(placement, draft, signal)
  try {
    await bootstrap(placement, draft, signal)
  } catch (error) {
    throw toOperatorError(error)
  }
  await removeMaps(draft)
  removeSpareWal(draft)
  // Copied with the rest: whatever is made from it knows where its past begins.
  writeOrigin(draft.folder, { kind: 'template', template: name })
  await publishFolder(draft.folder, folder)
  return folder
}

/** Free space and visibility map of a table, beside its file. */
const MAP_FORK = /^\d+_(fsm|vm)$/

/**
 * Removes the maps of all tables, as pg_upgrade leaves out those that it cannot use: Postgres does without one and makes it
 * anew with the next vacuum. They are a quarter of a cluster's files, and what a copy costs is a cost per file.
 */
async function removeMaps({ data }: ServerFiles): Promise<void> {
  const maps = readdirSync(data, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && MAP_FORK.test(entry.name),
  )
  for (const { parentPath, name } of maps) await removeTree(join(parentPath, name))
}

/** Removes WAL files that Postgres made ahead. They are half of a cluster's bytes, and made again as they are needed. */
function removeSpareWal({ data }: ServerFiles): void {
  const { redo, timeline } = readControlFile(data)
  // The record of the checkpoint may reach into a second file.
  const last = segmentOf(redo, timeline).number + 1n
  const wal = join(data, 'pg_wal')
  for (const name of readdirSync(wal)) {
    const segment = parseSegment(name)
    if (segment !== null && segment.number > last) rmSync(join(wal, name))
  }
}

/** Whether a database was copied from this release's template, and not from that of an earlier one. */
export function isOfThisRelease(
  placement: Pick<Placement, 'postgres'>,
  { folder }: Pick<ServerFiles, 'folder'>,
): boolean {
  return templateOf(folder) === templateName(placement)
}

/** The template that a database's past begins with. Templates and spares name their own. */
function templateOf(folder: string): string | null {
  const origin = /^(template|spare)-/.test(basename(folder)) ? null : readOrigin(folder)
  return origin?.kind === 'template' ? origin.template : null
}

async function bootstrap(placement: Placement, files: ServerFiles, signal?: AbortSignal): Promise<void> {
  const server = await startServer(placement, files, {
    overrides: { archive_mode: 'off' },
    ...(signal && { signal }),
  })
  try {
    await asSuperuser(server, 'postgres', async (client) => {
      await client.query(ROLES_SQL)
      await client.query(passwordsSql(server.logins))
      await bootstrapSchemas(client)
    })
    await guardDatabases(server)
  } finally {
    await stopServer(server)
    await removeTree(files.socketFolder)
  }
}

/** A new cluster in an empty folder of ours. */
export async function initCluster(
  placement: Placement,
  files: ServerFiles,
  signal?: AbortSignal,
): Promise<void> {
  await removeTree(files.folder)
  const ids = placement.users?.allocate() ?? null
  makeFolder(files.folder, ids)
  try {
    makeServerFolder(files.data, ids)
    await asNamedUser(placement, files, ids, (named) => initdb(placement, files, named, signal))
  } catch (cause) {
    throw new EngineError('failed', `the database files could not be made: ${(cause as Error).message}`, {
      cause,
    })
  }
}

/** In a sandbox the user of the server has a name, which initdb asks for. */
async function initdb(
  placement: Placement,
  files: ServerFiles,
  ids: ServerIds | null,
  signal: AbortSignal | undefined,
): Promise<void> {
  const args = ['-D', pathsOf(placement, files).data, ...INITDB]
  signal?.throwIfAborted()
  const child = launchProgram(placement, files, 'initdb', args, { ids })
  // A sandbox passes no other signal on.
  const giveUp = () => child.kill('SIGKILL')
  signal?.addEventListener('abort', giveUp, { once: true })
  child.stdin?.end()
  const said = readOutput([child.stdout, child.stderr], MOST_OUTPUT_BYTES)
  const [code] = (await once(child, 'close')) as [number | null]
  signal?.removeEventListener('abort', giveUp)
  signal?.throwIfAborted()
  if (code !== 0) throw new Error(lastLinesOf((await said).text))
}

const MOST_OUTPUT_BYTES = 64 * 1024

function lastLinesOf(output: string): string {
  return output.trim().split('\n').slice(-3).join(' / ')
}
