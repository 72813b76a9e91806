/** Makes an engine from its options: decides where everything lies, and puts the parts together. */
import { dirname, join } from 'node:path'
import { archiveLimit, type DatabaseSettings, DEFAULT_SETTINGS, requireSettings } from '../settings.ts'
import { ArchiveMaintainer } from './archive/archive-maintainer.ts'
import { Backups } from './backups/backups.ts'
import { type BackupLocation, openBackupStore } from './backups/location.ts'
import { BackgroundRemoval } from './cluster/background-removal.ts'
import { listDatabaseFolders } from './cluster/folders.ts'
import { type Placement, type PlacementOptions, placeServers } from './cluster/placement.ts'
import { ensureTemplate } from './cluster/template.ts'
import { WarmPool } from './cluster/warm-pool.ts'
import { giveToNewOwner } from './copies/data-files.ts'
import { StagedCopies } from './copies/staged-copies.ts'
import { EmbeddedEngine } from './embedded-engine.ts'
import { ServerRegistry } from './process/server-registry.ts'
import type { Release, SharesOf } from './process/server-run.ts'

const LOW_VOLUME_BYTES = 256 * 2 ** 20
const DAY_MS = 86_400_000

export interface EmbeddedOptions extends PlacementOptions {
  /** Databases kept ready for the next creates, about 22 MB of disk each where the file system shares no blocks. */
  poolSize?: number
  /** Each point in time of so many days until now can be restored. */
  restoreWindowDays?: number
  /** Where backups go; left out, a folder beside the databases. */
  backups?: BackupLocation | undefined
  /** Databases that may run at once; the longest idle one makes room for the next. */
  maxRunning?: number
  /** Lets go of the sessions that are kept with a database that is about to sleep; left out where none are kept. */
  release?: Release
  /** Shares of accounts that may have only a part of the servers that run; left out where none has a share. */
  sharesOf?: SharesOf
  /** With less free space on the volume, only owners of databases may connect. */
  lowVolumeBytes?: number
  /** The disk quota of databases for which none is set; null or left out: none. */
  diskQuotaBytes?: number | null
}

/** An engine with one Postgres process of this machine for each database, on unix sockets in a private folder. */
export async function createEmbeddedEngine(options: EmbeddedOptions): Promise<EmbeddedEngine> {
  const { poolSize = 0, backups, lowVolumeBytes = LOW_VOLUME_BYTES, diskQuotaBytes = null } = options
  const placement = placeServers({ ...options, reserveBytes: lowVolumeBytes })
  const template = await ensureTemplate(placement, options)
  const defaults = { ...DEFAULT_SETTINGS, diskQuotaBytes }
  requireSettings(defaults)
  const { servers, maintainer } = makeServers(placement, { ...options, lowVolumeBytes, defaults })
  const beside = { location: join(dirname(placement.dataFolder), 'backups') }
  const reserve = { dataFolder: placement.dataFolder, bytes: lowVolumeBytes }
  const store = new Backups(placement, await openBackupStore(backups ?? beside, reserve))
  return new EmbeddedEngine({
    placement,
    servers,
    defaults,
    reserveBytes: lowVolumeBytes,
    pool: new WarmPool(template, poolSize, (folder) => giveToNewOwner(placement, join(folder, 'data'))),
    maintainer,
    copies: new StagedCopies(placement, { servers, maintainer, backups: store }),
    backups: store,
    removal: new BackgroundRemoval(placement),
  })
}

type ServersOptions = Pick<EmbeddedOptions, 'maxRunning' | 'release' | 'sharesOf' | 'restoreWindowDays'> & {
  lowVolumeBytes: number
  defaults: DatabaseSettings
}

/** A server that fills its inbox has it emptied by the maintainer of its archive, which copies from the server. */
function makeServers(
  placement: Placement,
  {
    maxRunning = Number.POSITIVE_INFINITY,
    release = async () => true,
    sharesOf = async () => [],
    restoreWindowDays = 7,
    lowVolumeBytes,
    defaults,
  }: ServersOptions,
): { servers: ServerRegistry; maintainer: ArchiveMaintainer } {
  const servers: ServerRegistry = new ServerRegistry(placement, {
    maxRunning,
    release,
    sharesOf,
    lowVolumeBytes,
    defaults,
    relieve: (id) => maintainer.inbox.take(servers.files(id)),
  })
  const maintainer = new ArchiveMaintainer(placement, {
    windowMs: restoreWindowDays * DAY_MS,
    list: () =>
      listDatabaseFolders(placement.dataFolder).flatMap(({ id, kind }) => (kind === 'database' ? [id] : [])),
    source: (id) => servers.source(id),
    limitBytes: (id) => archiveLimit(servers.settings(id)),
    exists: (id) => servers.exists(id),
  })
  return { servers, maintainer }
}
