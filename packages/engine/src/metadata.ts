import { existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { EmbeddedOptions } from './embedded.ts'
import { placeServers } from './placement.ts'
import { endSurvivor, findSurvivor, PORT, serverFiles, startServer, stopServer } from './server.ts'
import { asSuperuser } from './superuser.ts'
import { initCluster } from './template.ts'

const NAME = 'metadata'
const ROLE = 'db9_control'

export interface MetadataServer {
  /** For `pg`'s Pool and Client. */
  connection: { host: string; port: number; user: string; database: string }
  stop(): Promise<void>
}

/** Starts, or takes over, the control API's own Postgres; made at the first call. */
export async function startMetadataServer({
  home,
  onProgress = () => {},
}: EmbeddedOptions): Promise<MetadataServer> {
  const placement = placeServers(home, onProgress)
  const folder = join(placement.dataFolder, NAME)
  const files = serverFiles(placement, NAME)
  if (!existsSync(folder)) {
    onProgress('preparing the metadata database (once)')
    rmSync(`${folder}.tmp`, { recursive: true, force: true })
    await initCluster(placement, `${NAME}.tmp`)
    renameSync(`${folder}.tmp`, folder)
  }
  const survivor = findSurvivor(files)
  if (!survivor) await endSurvivor(files)
  const server = survivor ?? (await startServer(placement, files))
  await asSuperuser(server.socketFolder, async (client) => {
    const { rowCount } = await client.query('select from pg_roles where rolname = $1', [ROLE])
    if (rowCount === 0) await client.query(`create role ${ROLE} login`)
    const made = await client.query('select from pg_database where datname = $1', [ROLE])
    if (made.rowCount === 0) await client.query(`create database ${ROLE} owner ${ROLE}`)
  })
  return {
    connection: { host: server.socketFolder, port: PORT, user: ROLE, database: ROLE },
    stop: () => stopServer(server),
  }
}
