/** Databases as Postgres processes of this machine. */
import { existsSync, renameSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { SCRAM_VERIFIER } from '@db9/postgres/scram/verifier'
import { isId } from '@db9/types/ids'
import type {
  BackupFacts,
  Capability,
  DatabaseEngine,
  DatabaseSpec,
  EngineFacts,
  EngineInventory,
  KnownData,
  Origin,
  ReconcileReport,
  RoleHold,
  RunningDatabase,
  StageOptions,
  Volume,
  WorkOptions,
} from '../engine.ts'
import { EngineError } from '../errors.ts'
import { archiveLimit, type DatabaseSettings, DEFAULT_SETTINGS, requireSettings } from '../settings.ts'
import { listBases } from './archive/archive.ts'
import { ArchiveMaintainer } from './archive/archive-maintainer.ts'
import { Backups } from './backups/backups.ts'
import { type BackupLocation, openBackupStore } from './backups/location.ts'
import { BackgroundRemoval, type FailedFolder } from './cluster/background-removal.ts'
import { SUPERUSER } from './cluster/bootstrap/roles.sql.ts'
import { syncFolder } from './cluster/files.ts'
import {
  type DatabaseFolder,
  DELETED_SUFFIX,
  type FolderKind,
  listDatabaseFolders,
  STAGED_SUFFIX,
} from './cluster/folders.ts'
import { type Placement, type PlacementOptions, placeServers, tidySockets } from './cluster/placement.ts'
import { removeServerFolder } from './cluster/removal.ts'
import { type ServerFiles, serverFiles } from './cluster/server-files.ts'
import { writeSettings } from './cluster/settings-file.ts'
import { ensureTemplate } from './cluster/template.ts'
import { WarmPool } from './cluster/warm-pool.ts'
import { BatchedLookups } from './concurrency/batched-lookups.ts'
import { giveToNewOwner } from './copies/data-files.ts'
import { StagedCopies } from './copies/staged-copies.ts'
import { describeEngine } from './facts.ts'
import { endSurvivor, type RunningServer } from './process/postgres-process.ts'
import { PORT } from './process/postgres-settings.ts'
import { type Release, ServerRegistry, type SharesOf } from './process/server-registry.ts'
import { removeGroups } from './sandbox/control-groups.ts'
import { writeFirstStart } from './sql/first-start.ts'
import { SERVICE_ROLES } from './sql/logins.ts'
import { holdRoles } from './sql/role-hold.ts'
import { asSuperuser } from './sql/superuser.ts'
import { askVerifiers, type Verifiers, verifierIn } from './sql/verifiers.ts'
import { freeBytes } from './storage/free-bytes.ts'

export interface EmbeddedOptions extends PlacementOptions {
  /** Databases kept ready for the next creates, about 22 MB of disk each where the file system shares no blocks. */
  poolSize?: number
  /** Every moment of so many days until now can be restored. */
  restoreWindowDays?: number
  /** Where backups go; left out, a folder beside the databases. */
  backups?: BackupLocation | undefined
  /** Databases that may run at once; the longest idle one makes room for the next. */
  maxRunning?: number
  /** Lets go of what is kept of a database that is about to sleep; left out where nobody keeps anything. */
  release?: Release
  /** Of accounts that may not have all places among those that run; left out where all may. */
  sharesOf?: SharesOf
  /** Below this much free space on the volume, only owners of databases may connect. */
  lowVolumeBytes?: number
  /** The disk quota of databases for which none is set; null or left out: none. */
  diskQuotaBytes?: number | null
}

const LOW_VOLUME_BYTES = 256 * 2 ** 20
const DAY_MS = 86_400_000
/** Whose folders of each kind are. A database that is being deleted or recovered may be found either way. */
const OWNERS: Readonly<Record<FolderKind, readonly Exclude<keyof KnownData, 'osUids'>[]>> = {
  database: ['live', 'retained'],
  staged: ['drafts'],
  deleted: ['live', 'retained'],
  leftover: [],
}
const AVAILABLE: Capability = { available: true }

/** Databases as Postgres processes of this machine, one each, on unix sockets in a private folder. */
export async function createEmbeddedEngine(options: EmbeddedOptions): Promise<EmbeddedEngine> {
  const {
    poolSize = 0,
    restoreWindowDays = 7,
    backups,
    maxRunning = Number.POSITIVE_INFINITY,
    release = async () => true,
    sharesOf = async () => [],
    lowVolumeBytes = LOW_VOLUME_BYTES,
    diskQuotaBytes = null,
  } = options
  const placement = placeServers({ ...options, reserveBytes: lowVolumeBytes })
  const template = await ensureTemplate(placement, options)
  const defaults = { ...DEFAULT_SETTINGS, diskQuotaBytes }
  requireSettings(defaults)
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
  const beside = { location: join(dirname(placement.dataFolder), 'backups') }
  const reserve = { dataFolder: placement.dataFolder, bytes: lowVolumeBytes }
  const store = await openBackupStore(backups ?? beside, reserve)
  return new EmbeddedEngine(placement, {
    servers,
    defaults,
    reserveBytes: lowVolumeBytes,
    pool: new WarmPool(template, poolSize, (folder) => giveToNewOwner(placement, join(folder, 'data'))),
    maintainer,
    backups: new Backups(placement, store),
  })
}

interface EngineParts {
  servers: ServerRegistry
  defaults: DatabaseSettings
  reserveBytes: number
  pool: WarmPool
  maintainer: ArchiveMaintainer
  backups: Backups
}

export class EmbeddedEngine implements DatabaseEngine {
  readonly capabilities = {
    branch: AVAILABLE,
    branchAtTime: AVAILABLE,
    backup: AVAILABLE,
    suspend: AVAILABLE,
  }
  readonly defaultSettings: DatabaseSettings
  readonly #placement: Placement
  readonly #servers: ServerRegistry
  readonly #reserveBytes: number
  readonly #pool: WarmPool
  readonly #maintainer: ArchiveMaintainer
  readonly #stagedCopies: StagedCopies
  readonly #backups: Backups
  readonly #removal: BackgroundRemoval
  /** Strangers who log in, as whatever roles, hold up an owner by no more than two lookups. */
  readonly #verifiers = new BatchedLookups<Verifiers>((id, roles) =>
    this.#servers.judge(id, {
      awake: (server) => asSuperuser(server, 'template1', (client) => askVerifiers(client, roles)),
      asleep: (verifiers) => verifiers,
    }),
  )

  constructor(
    placement: Placement,
    { servers, defaults, reserveBytes, pool, maintainer, backups }: EngineParts,
  ) {
    this.defaultSettings = defaults
    this.#reserveBytes = reserveBytes
    this.#placement = placement
    this.#servers = servers
    this.#pool = pool
    this.#maintainer = maintainer
    this.#stagedCopies = new StagedCopies(placement, { servers, maintainer, backups })
    this.#backups = backups
    this.#removal = new BackgroundRemoval(placement)
  }

  get dataFolder(): string {
    return this.#placement.dataFolder
  }

  facts(): EngineFacts {
    return describeEngine(this.#placement)
  }

  osUid(id: string): number | null {
    if (this.#placement.users === null) return null
    const { folder } = this.#servers.files(id)
    for (const each of [folder, folder + DELETED_SUFFIX]) {
      const found = statSync(join(each, 'data'), { throwIfNoEntry: false })
      if (found) return found.uid
    }
    return null
  }

  async reconcile(known: KnownData): Promise<ReconcileReport> {
    this.#placement.users?.keep(known.osUids)
    const report: Omit<ReconcileReport, 'cleared'> = { adopted: [], removed: [], missing: [], failed: [] }
    const removals: Promise<FailedFolder | null>[] = []
    for (const folder of listDatabaseFolders(this.#placement.dataFolder)) {
      // One that cannot be taken over or set aside keeps nobody else from starting.
      await this.#settle(folder, known, { report, removals }).catch((error: unknown) => {
        report.failed.push({ name: folder.name, error })
      })
    }
    const present = new Set(
      listDatabaseFolders(this.#placement.dataFolder).flatMap(({ id, kind }) =>
        kind === 'leftover' ? [] : [id],
      ),
    )
    report.missing.push(...[...known.live].filter((id) => !present.has(id) && !known.drafts.has(id)))
    await this.#removePartialBackups(known.backups)
    await this.#pool.open()
    this.#maintainer.open()
    const cleared = Promise.all(removals).then((all) => all.filter((failed) => failed !== null))
    return { ...report, cleared }
  }

  async #settle(
    { name, id, kind }: DatabaseFolder,
    known: KnownData,
    {
      report,
      removals,
    }: { report: Omit<ReconcileReport, 'cleared'>; removals: Promise<FailedFolder | null>[] },
  ): Promise<void> {
    const isOurs = OWNERS[kind].some((list) => known[list].has(id))
    const files = serverFiles(this.#placement, name)
    if (isOurs && kind !== 'staged') await this.#servers.own(files)
    if (isOurs && kind === 'database') {
      if (await this.#servers.adopt(id)) report.adopted.push(id)
      return
    }
    await endSurvivor(files)
    if (isOurs) return
    removals.push(this.#removal.remove({ id, ...files }))
    if (kind === 'database') report.removed.push(id)
  }

  /** Whole ones stay, known or not: the metadata may have been restored to a moment before they were made. */
  async #removePartialBackups(known: Set<string>): Promise<void> {
    try {
      const { partial } = await this.#backups.list()
      for (const id of partial.filter((each) => !known.has(each))) await this.#backups.remove(id)
    } catch {
      // A store that does not answer keeps nobody from starting.
    }
  }

  /** Starts nothing: the first start gives the database its passwords. */
  async create({ id, adminVerifier, settings = null }: DatabaseSpec): Promise<void> {
    requireVerifier(adminVerifier)
    if (settings) requireSettings(settings)
    await this.#servers.inTurn(id, async () => {
      const files = this.#servers.files(id)
      if (!this.#servers.exists(id)) await this.#pool.take(files.folder)
      if (settings && !existsSync(files.settings)) await writeSettings(files.settings, settings)
      const isStarted = this.#placement.logins.areOwn(files)
      if (isStarted) await setVerifier((await this.#servers.start(id)).server, adminVerifier)
      else await writeFirstStart(files, { adminVerifier })
    })
  }

  async connect(id: string): Promise<RunningDatabase> {
    const { server, settings } = await this.#servers.wake(id)
    const storage = this.#servers.storageOf(id)
    return {
      address: { kind: 'unix', path: join(server.socketFolder, `.s.PGSQL.${PORT}`) },
      database: 'postgres',
      // Sessions are opened otherwise where the disk's state is another.
      epoch: storage === 'ok' ? server.epoch : `${server.epoch}-${storage}`,
      maxConnections: settings.maxConnections,
      storage,
      logins: Object.fromEntries(
        SERVICE_ROLES.flatMap((role) => (role === SUPERUSER ? [] : [[role, server.logins.password(role)]])),
      ),
    }
  }

  async roleVerifier(id: string, role: string): Promise<string | null> {
    return verifierIn(await this.#verifiers.ask(id, role), role, Date.now())
  }

  async holdRoles(id: string): Promise<RoleHold> {
    const { server } = await this.#servers.wake(id)
    return holdRoles(server, () => this.#servers.stop(id))
  }

  async setAdminVerifier(id: string, verifier: string): Promise<void> {
    requireVerifier(verifier)
    return this.#servers.inTurn(id, async () => {
      try {
        await replaceVerifier((await this.#servers.start(id)).server, verifier)
      } catch (error) {
        if (!this.isRunning(id)) throw error
        // A session that holds a lock on the roles, as whoever knows the old password may, ends with its server.
        await replaceVerifier((await this.#servers.restart(id)).server, verifier)
      }
    })
  }

  /** Wakes nothing: what concerns the server itself counts from its next start. */
  async configure(id: string, settings: DatabaseSettings): Promise<void> {
    await this.#servers.inTurn(id, async () => {
      if (!this.#servers.exists(id))
        throw new EngineError('not_found', 'the database has no data on this machine')
      await writeSettings(this.#servers.files(id).settings, settings)
      await this.#servers.applySettings(id, settings)
    })
    // What its past may take may be less now.
    void this.#maintainer.maintain(id)
  }

  async stop(id: string): Promise<void> {
    return this.#servers.stop(id)
  }

  async destroy(id: string): Promise<void> {
    const remove = async ({ folder }: ServerFiles) => {
      for (const path of [folder + STAGED_SUFFIX, folder + DELETED_SUFFIX, folder])
        await removeServerFolder(this.#placement, path)
    }
    return this.#maintainer.withoutMaintenance(id, () => this.#servers.end(id, remove))
  }

  async inspect(): Promise<EngineInventory> {
    const folders = listDatabaseFolders(this.#placement.dataFolder)
    const idsOf = (wanted: FolderKind) => folders.filter(({ kind }) => kind === wanted).map(({ id }) => id)
    const databases = idsOf('database')
    const { whole, partial } = await this.#backups.list()
    return {
      databases,
      running: databases.filter((id) => this.isRunning(id)),
      retired: idsOf('deleted'),
      drafts: idsOf('staged'),
      backups: whole,
      leftovers: [
        ...folders.flatMap(({ kind, name }) =>
          kind === 'leftover' && !this.#removal.underway.has(name) ? [name] : [],
        ),
        ...partial,
      ],
      archiveFailures: await this.#maintainer.failures(),
    }
  }

  async volume(): Promise<Volume> {
    return { freeBytes: await freeBytes(this.#placement.dataFolder), reserveBytes: this.#reserveBytes }
  }

  stage(id: string, origin: Origin, options: StageOptions = {}): Promise<void> {
    const { diskQuotaBytes = this.defaultSettings.diskQuotaBytes } = options
    return this.#stagedCopies.stage(id, origin, { ...options, diskQuotaBytes })
  }

  async secure(
    id: string,
    { adminVerifier }: { adminVerifier: string },
  ): Promise<{ lostPasswords: string[] }> {
    requireVerifier(adminVerifier)
    return this.#stagedCopies.secure(id, adminVerifier)
  }

  publish(id: string): Promise<void> {
    return this.#stagedCopies.publish(id)
  }

  discard(id: string): Promise<void> {
    return this.#stagedCopies.discard(id)
  }

  async earliestRestorable(id: string): Promise<Date | null> {
    return listBases(this.#servers.files(id))[0]?.from ?? null
  }

  async backup(id: string, backupId: string, options: WorkOptions = {}): Promise<BackupFacts> {
    requireBackupId(backupId)
    if (!this.#servers.exists(id))
      throw new EngineError('not_found', 'the database has no data on this machine')
    return this.#backups.make(this.#servers.source(id), { databaseId: id, backupId }, options)
  }

  async verifyBackup(backupId: string, options: WorkOptions = {}): Promise<void> {
    requireBackupId(backupId)
    return this.#backups.verify(backupId, options)
  }

  async deleteBackup(backupId: string): Promise<void> {
    requireBackupId(backupId)
    return this.#backups.remove(backupId)
  }

  async retire(id: string): Promise<void> {
    const move = async ({ folder }: ServerFiles) => moveFolder(folder, folder + DELETED_SUFFIX)
    return this.#maintainer.withoutMaintenance(id, () => this.#servers.end(id, move))
  }

  revive(id: string): Promise<void> {
    return this.#servers.inTurn(id, async () => {
      const { folder } = this.#servers.files(id)
      await moveFolder(folder + DELETED_SUFFIX, folder)
    })
  }

  isRunning(id: string): boolean {
    return this.#servers.find(id) !== undefined
  }

  async close(): Promise<void> {
    this.#stagedCopies.close()
    await this.#removal.close()
    await this.#maintainer.close()
    await this.#pool.close()
    await this.#servers.close()
    tidySockets(this.#placement)
    await removeGroups()
  }
}

/** Where it is not there, it has been moved already. */
async function moveFolder(from: string, to: string): Promise<void> {
  if (!existsSync(from)) return
  renameSync(from, to)
  await syncFolder(dirname(to))
}

function requireBackupId(id: string): void {
  if (!isId('backup', id)) throw new EngineError('not_found', 'not the id of a backup')
}

async function setVerifier(server: RunningServer, verifier: string): Promise<void> {
  await asSuperuser(server, 'template1', (client) => client.query(`alter role admin password '${verifier}'`))
}

/** Ends the sessions that are logged in as admin, too: they may hold every connection but the superuser's own. */
async function replaceVerifier(server: RunningServer, verifier: string): Promise<void> {
  await setVerifier(server, verifier)
  await asSuperuser(server, 'template1', (client) =>
    client.query(`select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = 'admin'`),
  )
}

function requireVerifier(verifier: string): void {
  if (!SCRAM_VERIFIER.test(verifier)) throw new EngineError('failed', 'not a SCRAM-SHA-256 verifier')
}
