/** The parts that an embedded engine is put together from. */
import type { DatabaseSettings } from '../settings.ts'
import type { ArchiveMaintainer } from './archive/archive-maintainer.ts'
import type { Backups } from './backups/backups.ts'
import type { BackgroundRemoval } from './cluster/background-removal.ts'
import type { Placement } from './cluster/placement.ts'
import type { WarmPool } from './cluster/warm-pool.ts'
import type { StagedCopies } from './copies/staged-copies.ts'
import type { ServerRegistry } from './process/server-registry.ts'

export interface EngineParts {
  placement: Placement
  servers: ServerRegistry
  /** Settings of a database for which none are set. */
  defaults: DatabaseSettings
  /** With less free on the volume, only owners of databases may connect. */
  reserveBytes: number
  pool: WarmPool
  maintainer: ArchiveMaintainer
  copies: StagedCopies
  backups: Backups
  removal: BackgroundRemoval
}
