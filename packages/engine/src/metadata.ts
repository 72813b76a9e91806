import { existsSync } from 'node:fs'
import type { EmbeddedOptions } from './embedded.ts'
import { publishFolder, removeTree, serverFiles } from './files.ts'
import { placeServers, tidySockets } from './placement.ts'
import { isAlive } from './processes.ts'
import { endSurvivor, findSurvivor, startServer, stopServer, toOperatorError } from './server.ts'
import { PORT } from './settings.ts'
import { asSuperuser } from './superuser.ts'
import { initCluster } from './template.ts'

const NAME = 'metadata'
const ROLE = 'db9_control'
const WATCH_MS = 500

export interface MetadataServer {
  /** For `pg`'s Pool and Client; stays the same when the server is started anew. */
  connection: { host: string; port: number; user: string; database: string }
  stop(): Promise<void>
}

/**
 * Starts, or takes over, the control API's own Postgres; made at the first call. A server that dies is started anew
 * within a second, and a pool's next connection finds it.
 */
export async function startMetadataServer({
  home,
  onProgress = () => {},
}: EmbeddedOptions): Promise<MetadataServer> {
  const placement = placeServers(home, onProgress)
  const files = serverFiles(placement, NAME)
  if (!existsSync(files.folder)) {
    onProgress('preparing the metadata database (once)')
    const draft = serverFiles(placement, `${NAME}.tmp`)
    await initCluster(placement, draft)
    await publishFolder(draft.folder, files.folder)
  }
  const stopped = new AbortController()
  const start = async () =>
    findSurvivor(placement, files) ?? startServer(placement, files, { signal: stopped.signal })

  let server = await start().catch((error) => {
    throw toOperatorError(error)
  })
  await makeControlDatabase(server.socketFolder)

  let restart: Promise<void> | undefined
  const watch = setInterval(() => {
    if (restart || isAlive(server)) return
    restart = start()
      .then((next) => {
        server = next
      })
      // Tried again at the next tick; until then the pool's own error tells.
      .catch(() => {})
      .finally(() => {
        restart = undefined
      })
  }, WATCH_MS)
  watch.unref()

  return {
    connection: { host: files.socketFolder, port: PORT, user: ROLE, database: ROLE },
    stop: async () => {
      clearInterval(watch)
      stopped.abort()
      await restart
      await stopServer(server)
      await endSurvivor(files)
      await removeTree(files.socketFolder)
      tidySockets(placement)
    },
  }
}

async function makeControlDatabase(socketFolder: string): Promise<void> {
  await asSuperuser(socketFolder, 'postgres', async (client) => {
    const role = await client.query('select from pg_roles where rolname = $1', [ROLE])
    if (role.rowCount === 0) await client.query(`create role ${ROLE} login`)
    const database = await client.query('select from pg_database where datname = $1', [ROLE])
    if (database.rowCount === 0) await client.query(`create database ${ROLE} owner ${ROLE}`)
  })
}
