import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chownSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { bringUpToDate } from './bootstrap/apply.ts'
import { ROLES_SQL, SUPERUSER } from './bootstrap/roles.sql.ts'
import { SCHEMA_VERSIONS } from './bootstrap/schemas.sql.ts'
import { type Placement, userWithName } from './placement.ts'
import { serverFiles, startServer, stopServer } from './server.ts'
import { asSuperuser } from './superuser.ts'

const run = promisify(execFile)

const INITDB = [
  `--username=${SUPERUSER}`,
  '--auth=trust',
  '--encoding=UTF8',
  '--locale=C',
  // Indexes must not depend on the collations of the machine or of the bundle's old ICU.
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--wal-segsize=1',
  '--no-sync',
  '--no-instructions',
]

/** What a template is made of decides its name, so that another release makes its own. */
function templateName(placement: Placement): string {
  const recipe = JSON.stringify([placement.bundle.version, INITDB, ROLES_SQL, SCHEMA_VERSIONS])
  return `template-${createHash('sha256').update(recipe).digest('hex').slice(0, 12)}`
}

/**
 * The folder of a cleanly stopped cluster with our roles and schemas, made at the first call: a database is a copy of
 * it. Half-made ones of a crash are removed.
 */
export async function ensureTemplate(
  placement: Placement,
  onProgress: (text: string) => void,
): Promise<string> {
  const name = templateName(placement)
  const folder = join(placement.dataFolder, name)
  if (existsSync(folder)) return folder
  onProgress('preparing the template that databases are copied from (once)')
  for (const entry of readdirSync(placement.dataFolder)) {
    if (entry.startsWith('template-'))
      rmSync(join(placement.dataFolder, entry), { recursive: true, force: true })
  }
  const draft = `${name}.tmp`
  await initCluster(placement, draft)
  const files = serverFiles(placement, draft)
  const server = await startServer(placement, files)
  try {
    await asSuperuser(server.socketFolder, async (client) => {
      await client.query(ROLES_SQL)
      await bringUpToDate(client)
    })
  } finally {
    await stopServer(server)
  }
  rmSync(files.socketFolder, { recursive: true, force: true })
  await syncToDisk(join(placement.dataFolder, draft))
  renameSync(join(placement.dataFolder, draft), folder)
  return folder
}

/** A new cluster in `<dataFolder>/<name>/data`. */
export async function initCluster(placement: Placement, name: string): Promise<void> {
  const { data } = serverFiles(placement, name)
  const folder = join(placement.dataFolder, name)
  const initdb = join(placement.bundle.folder, 'bin', 'initdb')
  const env = { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin' }
  if (!placement.user) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    await run(initdb, ['-D', data, ...INITDB], { env })
    return
  }
  // initdb looks its user up by name, and ours has none: another user makes the files, then they change hands.
  const maker = userWithName()
  const workshop = join('/tmp', `db9-initdb-${process.pid}-${Date.now()}`)
  mkdirSync(workshop, { mode: 0o700 })
  try {
    chownSync(workshop, maker.uid, maker.gid)
    const scratch = join(workshop, 'data')
    await run(initdb, ['-D', scratch, ...INITDB], { env, cwd: '/', ...maker })
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    await run('cp', ['-R', scratch, data])
    await run('chmod', ['-R', 'go-rwx', data])
    await run('chown', ['-R', `${placement.user.uid}:${placement.user.gid}`, folder])
  } finally {
    rmSync(workshop, { recursive: true, force: true })
  }
}

/** Copies a stopped cluster, sharing blocks where the file system can; durable once it resolves. */
export async function copyCluster(template: string, target: string): Promise<void> {
  // A child process: Node's own recursive copy takes several times as long for a thousand small files.
  await run(
    'cp',
    process.platform === 'linux' ? ['-a', '--reflink=auto', template, target] : ['-Rpc', template, target],
  )
  await syncToDisk(target)
}

/** Postgres does not sync a cleanly stopped data directory when it starts, so a copy has to reach the disk first. */
async function syncToDisk(folder: string): Promise<void> {
  await run('sync', process.platform === 'linux' ? ['-f', folder] : [])
}

/** Marks a path as gone before it is removed, so that a crash half-way leaves nothing that looks whole. */
export function removeFolder(folder: string): void {
  if (!existsSync(folder)) return
  const doomed = `${folder}.doomed`
  rmSync(doomed, { recursive: true, force: true })
  renameSync(folder, doomed)
  rmSync(doomed, { recursive: true, force: true })
}
