/** The engine whose databases are Postgres processes of this machine: each method in terms of the parts. */
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { isId } from '@db9/types/ids'
import type { BackupFacts } from '../contract/backups.ts'
import type { Capability } from '../contract/capabilities.ts'
import type { RoleHold, RoleVerifier, RunningDatabase } from '../contract/connect.ts'
import type { CopyOrigin, RestoreWindow, StageOptions, WorkOptions } from '../contract/copies.ts'
import type {
  EngineFacts,
  EngineInventory,
  ExtensionFacts,
  KnownData,
  ReconcileReport,
  Volume,
} from '../contract/inventory.ts'
import type { DatabaseSpec } from '../contract/lifecycle.ts'
import type { DatabaseEngine } from '../engine.ts'
import { EngineError } from '../errors.ts'
import { archiveLimit, type DatabaseSettings, requireSettings } from '../settings.ts'
import { listBases } from './archive/archive.ts'
import { READER } from './cluster/bootstrap/reader.sql.ts'
import { SUPERUSER } from './cluster/bootstrap/roles.sql.ts'
import { listExtensions } from './cluster/extensions/list.ts'
import { moveFolder } from './cluster/files.ts'
import { DELETED_SUFFIX, STAGED_SUFFIX } from './cluster/folders.ts'
import { tidySockets } from './cluster/own-folders.ts'
import { removeServerFolder } from './cluster/removal.ts'
import type { ServerFiles } from './cluster/server-files.ts'
import { writeSettings } from './cluster/settings-file.ts'
import { describeEngine } from './facts.ts'
import { takeInventory } from './inventory.ts'
import type { EngineParts } from './parts.ts'
import { PORT } from './process/postgres-settings.ts'
import type { ServerRun } from './process/server-run.ts'
import { reconcile } from './reconcile.ts'
import { removeGroups } from './sandbox/control-groups.ts'
import { replaceAdminPassword, requireVerifier, setAdminPassword } from './sql/admin-password.ts'
import { endSessions } from './sql/end-sessions.ts'
import { writeFirstStart } from './sql/first-start.ts'
import { LoginRestorer } from './sql/login-restorer.ts'
import { SERVICE_ROLES } from './sql/logins.ts'
import { holdRoles } from './sql/role-hold.ts'
import { freeBytes } from './storage/free-bytes.ts'
import { measure } from './storage/usage.ts'

const AVAILABLE: Capability = { available: true }

export class EmbeddedEngine implements DatabaseEngine {
  readonly capabilities = {
    branch: AVAILABLE,
    branchAtTime: AVAILABLE,
    backup: AVAILABLE,
    suspend: AVAILABLE,
  }
  readonly defaultSettings: DatabaseSettings
  readonly #parts: EngineParts
  readonly #loginRestorer = new LoginRestorer()
  constructor(parts: EngineParts) {
    this.#parts = parts
    this.defaultSettings = parts.defaults
  }

  get dataFolder(): string {
    return this.#parts.placement.dataFolder
  }

  facts(): EngineFacts {
    return describeEngine(this.#parts.placement)
  }

  extensions(): ExtensionFacts[] {
    return listExtensions(this.#parts.placement.extensionFolder)
  }

  async reconcile(known: KnownData): Promise<ReconcileReport> {
    const report = await reconcile(this.#parts, known)
    await this.#parts.pool.open()
    this.#parts.maintainer.open()
    return report
  }

  inspect(): Promise<EngineInventory> {
    return takeInventory(this.#parts)
  }

  async storageBytes(id: string): Promise<number | null> {
    if (!this.#parts.servers.exists(id)) return null
    const { bytes } = await measure(this.#parts.servers.files(id))
    return Number.isFinite(bytes) ? bytes : null
  }

  osUid(id: string): number | null {
    if (this.#parts.placement.users === null) return null
    const { folder } = this.#parts.servers.files(id)
    for (const each of [folder, folder + DELETED_SUFFIX]) {
      const found = statSync(join(each, 'data'), { throwIfNoEntry: false })
      if (found) return found.uid
    }
    return null
  }

  /** Starts nothing: the first start gives the database its passwords. */
  async create({ id, adminVerifier, settings = null }: DatabaseSpec): Promise<void> {
    requireVerifier(adminVerifier)
    if (settings) requireSettings(settings)
    await this.#parts.servers.inTurn(id, async () => {
      const files = this.#parts.servers.files(id)
      if (!this.#parts.servers.exists(id)) await this.#parts.pool.take(files.folder)
      if (settings && !existsSync(files.settings)) await writeSettings(files.settings, settings)
      const isStarted = this.#parts.placement.logins.areOwn(files)
      if (isStarted) await setAdminPassword((await this.#parts.servers.start(id)).server, adminVerifier)
      else await writeFirstStart(files, { adminVerifier })
    })
  }

  async connect(id: string): Promise<RunningDatabase> {
    return this.#toRunning(id, await this.#parts.servers.wake(id))
  }

  peek(id: string): RunningDatabase | null {
    const run = this.#parts.servers.find(id)
    return run ? this.#toRunning(id, run) : null
  }

  #toRunning(id: string, { server, settings }: ServerRun): RunningDatabase {
    const storage = this.#parts.servers.storageOf(id)
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

  roleVerifier(id: string, role: string): Promise<RoleVerifier | null> {
    return this.#parts.servers.verifiers.verifierOf(id, role)
  }

  knownVerifier(id: string, role: string): Promise<RoleVerifier | null> {
    return this.#parts.servers.verifiers.knownVerifierOf(id, role)
  }

  async rolePassword(id: string, role: string): Promise<string | null> {
    const { server } = await this.#parts.servers.wake(id)
    if (role === READER) return server.logins.password(READER)
    return this.#parts.servers.verifiers.holdRole(id, server, role)
  }

  async restoreLogins(id: string): Promise<void> {
    const { server } = await this.#parts.servers.wake(id)
    await this.#loginRestorer.restore(server)
  }

  async endSessions(id: string, backends: readonly number[]): Promise<void> {
    const run = this.#parts.servers.find(id)
    if (run) await endSessions(run.server, backends)
  }

  async holdRoles(id: string): Promise<RoleHold> {
    const { server } = await this.#parts.servers.wake(id)
    return holdRoles(server, () => this.#parts.servers.stop(id))
  }

  async setAdminVerifier(id: string, verifier: string): Promise<void> {
    requireVerifier(verifier)
    return this.#parts.servers.inTurn(id, async () => {
      try {
        await replaceAdminPassword((await this.#parts.servers.start(id)).server, verifier)
      } catch (error) {
        if (!this.isRunning(id)) throw error
        // A client that knows the old password may hold a lock on the roles: its session ends with the server.
        await replaceAdminPassword((await this.#parts.servers.restart(id)).server, verifier)
      }
    })
  }

  /** Wakes nothing: what concerns the server itself counts from its next start. */
  async configure(id: string, settings: DatabaseSettings): Promise<void> {
    await this.#parts.servers.inTurn(id, async () => {
      if (!this.#parts.servers.exists(id))
        throw new EngineError('not_found', 'the database has no data on this machine')
      await writeSettings(this.#parts.servers.files(id).settings, settings)
      await this.#parts.servers.applySettings(id, settings)
    })
    // The new settings may leave less room for its archive.
    void this.#parts.maintainer.maintain(id)
  }

  async stop(id: string): Promise<void> {
    return this.#parts.servers.stop(id)
  }

  async destroy(id: string): Promise<void> {
    const remove = async ({ folder }: ServerFiles) => {
      for (const path of [folder + STAGED_SUFFIX, folder + DELETED_SUFFIX, folder])
        await removeServerFolder(this.#parts.placement, path)
    }
    return this.#parts.maintainer.withoutMaintenance(id, () => this.#parts.servers.end(id, remove))
  }

  async volume(): Promise<Volume> {
    return {
      freeBytes: await freeBytes(this.#parts.placement.dataFolder),
      reserveBytes: this.#parts.reserveBytes,
    }
  }

  stage(id: string, origin: CopyOrigin, options: StageOptions = {}): Promise<void> {
    const { diskQuotaBytes = this.defaultSettings.diskQuotaBytes } = options
    return this.#parts.copies.stage(id, origin, { ...options, diskQuotaBytes })
  }

  async resetSecrets(
    id: string,
    { adminVerifier }: { adminVerifier: string },
  ): Promise<{ lostPasswords: string[] }> {
    requireVerifier(adminVerifier)
    return this.#parts.copies.resetSecrets(id, adminVerifier)
  }

  publish(id: string): Promise<void> {
    return this.#parts.copies.publish(id)
  }

  discard(id: string): Promise<void> {
    return this.#parts.copies.discard(id)
  }

  async restoreWindow(id: string): Promise<RestoreWindow> {
    const { servers } = this.#parts
    return {
      from: listBases(servers.files(id))[0]?.from ?? null,
      limitBytes: archiveLimit(servers.settings(id)),
    }
  }

  async backup(id: string, backupId: string, options: WorkOptions = {}): Promise<BackupFacts> {
    requireBackupId(backupId)
    if (!this.#parts.servers.exists(id))
      throw new EngineError('not_found', 'the database has no data on this machine')
    return this.#parts.backups.make(this.#parts.servers.source(id), { databaseId: id, backupId }, options)
  }

  async verifyBackup(backupId: string, options: WorkOptions = {}): Promise<void> {
    requireBackupId(backupId)
    return this.#parts.backups.verify(backupId, options)
  }

  async deleteBackup(backupId: string): Promise<void> {
    requireBackupId(backupId)
    return this.#parts.backups.remove(backupId)
  }

  async softDelete(id: string): Promise<void> {
    const move = async ({ folder }: ServerFiles) => moveFolder(folder, folder + DELETED_SUFFIX)
    return this.#parts.maintainer.withoutMaintenance(id, () => this.#parts.servers.end(id, move))
  }

  undelete(id: string): Promise<void> {
    return this.#parts.servers.inTurn(id, async () => {
      const { folder } = this.#parts.servers.files(id)
      await moveFolder(folder + DELETED_SUFFIX, folder)
    })
  }

  isRunning(id: string): boolean {
    return this.#parts.servers.find(id) !== undefined
  }

  async close(): Promise<void> {
    this.#parts.copies.close()
    await this.#parts.removal.close()
    await this.#parts.maintainer.close()
    await this.#parts.pool.close()
    await this.#parts.servers.close()
    tidySockets(this.#parts.placement)
    await removeGroups()
  }
}

function requireBackupId(id: string): void {
  if (!isId('backup', id)) throw new EngineError('not_found', 'not the id of a backup')
}
