import { createHash } from 'node:crypto'
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { bringUpToDate } from './bootstrap/apply.ts'
import { ROLES_SQL, SUPERUSER } from './bootstrap/roles.sql.ts'
import { SCHEMA_VERSIONS } from './bootstrap/schemas.sql.ts'
import { readOrigin, writeOrigin } from './copies/origin.ts'
import { EngineError } from './engine.ts'
import { publishFolder, removeTree, run, type ServerFiles, serverFiles } from './files.ts'
import { makeFolder, type Placement, type ServerIds, userWithName } from './placement.ts'
import { endSurvivor, startServer, stopServer, toOperatorError } from './server.ts'
import { WAL_SEGMENT_BYTES } from './settings.ts'
import { asSuperuser } from './superuser.ts'

const INITDB = [
  `--username=${SUPERUSER}`,
  '--auth=trust',
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
const INITDB_ENV = { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin' }

/** What a template is made of decides its name, so that another release makes its own. */
function templateName(placement: Placement): string {
  const recipe = JSON.stringify([
    placement.bundle.version,
    INITDB,
    ROLES_SQL,
    SCHEMA_VERSIONS,
    'archived',
    MAP_FORK.source,
  ])
  return `template-${createHash('sha256').update(recipe).digest('hex').slice(0, 12)}`
}

/**
 * The folder of a cleanly stopped cluster with our roles and schemas, made at the first call: a database is a copy of
 * it. Half-made ones of a crash are ended and removed, as are those of other releases, unless the past of a database
 * begins with one.
 */
export async function ensureTemplate(
  placement: Placement,
  onProgress: (text: string) => void,
): Promise<string> {
  const name = templateName(placement)
  const folder = join(placement.dataFolder, name)
  const entries = readdirSync(placement.dataFolder)
  const referenced = new Set(entries.map((entry) => templateOf(join(placement.dataFolder, entry))))
  for (const entry of entries) {
    if (!entry.startsWith('template-') || entry === name || referenced.has(entry)) continue
    await endSurvivor(serverFiles(placement, entry))
    await removeTree(join(placement.dataFolder, entry))
  }
  if (existsSync(folder)) return folder
  onProgress('preparing the template that databases are copied from (once)')
  const draft = serverFiles(placement, `${name}.tmp`)
  await initCluster(placement, draft)
  try {
    await bootstrap(placement, draft)
  } catch (error) {
    throw toOperatorError(error)
  }
  await removeMaps(draft)
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

/** The template that a database's past begins with. Templates and spares name their own. */
function templateOf(folder: string): string | null {
  const origin = /^(template|spare)-/.test(basename(folder)) ? null : readOrigin(folder)
  return origin?.kind === 'template' ? origin.template : null
}

async function bootstrap(placement: Placement, files: ServerFiles): Promise<void> {
  const server = await startServer(placement, files, { overrides: { archive_mode: 'off' } })
  try {
    await asSuperuser(server.socketFolder, 'postgres', async (client) => {
      await client.query(ROLES_SQL)
      await bringUpToDate(client)
    })
  } finally {
    await stopServer(server)
    await removeTree(files.socketFolder)
  }
}

/** A new cluster in an empty folder of ours. */
export async function initCluster(placement: Placement, files: ServerFiles): Promise<void> {
  await removeTree(files.folder)
  makeFolder(files.folder, placement.user)
  if (placement.user) return initClusterAsRoot(placement, files, placement.user)
  try {
    await initdb(placement, files.data)
  } catch (cause) {
    const hint = process.getuid ? `; initdb needs a user with a name, and runs as ${process.getuid()}` : ''
    throw new EngineError('failed', `the database files could not be made${hint}: ${stderrOf(cause)}`, {
      cause,
    })
  }
}

/**
 * initdb looks its user up by name, and ours has none: a user with a name makes the files, then they change hands.
 * Meanwhile our group, in which no other process of that user is, keeps them from its other processes.
 */
async function initClusterAsRoot(placement: Placement, files: ServerFiles, user: ServerIds): Promise<void> {
  const maker = { uid: userWithName().uid, gid: user.gid }
  const workshop = join(dirname(placement.dataFolder), `initdb-${files.cluster}`)
  await removeTree(workshop)
  try {
    makeFolder(workshop, user)
    const bench = join(workshop, 'bench')
    mkdirSync(bench, { mode: 0o700 })
    chownSync(bench, maker.uid, maker.gid)
    const made = join(bench, 'data')
    await initdb(placement, made, maker)
    await run('cp', ['-R', made, files.data])
    await run('chown', ['-R', `${user.uid}:${user.gid}`, files.data])
    await run('chmod', ['-R', 'u+rwX,go-rwx', files.data])
    chmodSync(files.data, 0o700)
  } catch (cause) {
    throw new EngineError('failed', `the database files could not be made: ${stderrOf(cause)}`, { cause })
  } finally {
    await removeTree(workshop)
  }
}

async function initdb(placement: Placement, data: string, ids?: ServerIds): Promise<void> {
  const binary = join(placement.bundle.folder, 'bin', 'initdb')
  await run(binary, ['-D', data, ...INITDB], { env: INITDB_ENV, cwd: '/', ...ids })
}

function stderrOf(error: unknown): string {
  const { stderr, message } = error as Error & { stderr?: string }
  return (stderr || message).trim().split('\n').slice(-3).join(' / ')
}
