/** What an engine is: databases as running Postgres. */
import type { StorageState, UpstreamAddress } from '@db9/types/internal'
import type { DatabaseSettings } from './settings.ts'

/** What an engine can do; what it cannot is answered 422 with `reason`. */
export type Capability = { available: true } | { available: false; reason: string }

export interface EngineCapabilities {
  branch: Capability
  branchAtTime: Capability
  backup: Capability
  suspend: Capability
}

/** What a copy is made from. */
export type Origin =
  | {
      kind: 'database'
      id: string
      at: 'now' | Date
      /** False: the schema alone. */
      data: boolean
    }
  | { kind: 'backup'; backupId: string }

/** Bytes, as the API shows them. */
export interface CopyProgress {
  done_bytes: number
  total_bytes: number | null
}

export interface WorkOptions {
  onProgress?: (progress: CopyProgress) => void
  signal?: AbortSignal
}

/** Of a copy that becomes a database. */
export interface StageOptions extends WorkOptions {
  /** What that may take of the disk; null: any, left out: the default. */
  diskQuotaBytes?: number | null
}

export interface BackupFacts {
  /** In the store. */
  sizeBytes: number
  startedAt: Date
  completedAt: Date
  /** The backup holds every commit up to here. */
  lsn: string
  /** SHA-256 of the manifest, which holds those of all files: `sha256:<hex>`. */
  checksum: string
  engineVersion: string
}

export interface DatabaseSpec {
  id: string
  /** The SCRAM-SHA-256 verifier of admin's password: the password itself never reaches Postgres or its logs. */
  adminVerifier: string
  /** Left out or null: the defaults. Those that it has been given since stay, where it is created again. */
  settings?: DatabaseSettings | null
}

export interface RunningDatabase {
  address: UpstreamAddress
  /** The physical database. */
  database: string
  /** Changes whenever the server process does, or how sessions are to be opened. */
  epoch: string
  maxConnections: number
  storage: StorageState
  /** Passwords of the service's own login roles, by role. */
  logins: Readonly<Record<string, string>>
}

/** While it is held, no role of the database and no membership changes. */
export interface RoleHold {
  /** Ends the session, by its pid in the server, as soon as it tries to change one; and at the release. */
  watch(pid: number): void
  /** Lets roles change again, once the session is gone. Says whether it had tried. */
  release(): Promise<{ isRefused: boolean }>
}

/** What the metadata says is there; all else is nobody's. */
export interface KnownData {
  live: Set<string>
  /** Deleted, and recoverable. */
  retained: Set<string>
  /** Being copied by an operation that goes on. */
  drafts: Set<string>
  backups: Set<string>
  /** Users of the machine that own the files of databases, as `osUid` told them. */
  osUids: Set<number>
}

export interface ReconcileReport {
  /** Ids whose server survived a crash of ours and was taken over. */
  adopted: string[]
  /** Ids whose process or folder nobody owns: ended, set aside, and removed in the background. */
  removed: string[]
  /** Ids in `live` that have no data folder: a create that never finished, or a loss to report. */
  missing: string[]
  /** Folders, by name, that could not be taken over or set aside, and why; the next start tries again. */
  failed: { name: string; error: unknown }[]
  /** Resolves when nothing is left to be removed, with what could not be; the next start tries again. Never rejects. */
  cleared: Promise<{ name: string; error: unknown }[]>
}

/** What runs the databases, and how they are kept apart. */
export interface EngineFacts {
  postgres: {
    /** `18.4`. */
    version: string
    folder: string
    /** The newest release that this version of db9 knows of. */
    newestKnown: { version: string; date: string }
    /** Published flaws of this release. */
    flaws: readonly { cve: string; fixedIn: string; summary: string; usableBy: string }[]
    /** Other installations that were found and are not used, and why. */
    passedOver: readonly { folder: string; reason: string }[]
  }
  isolation: { state: 'on'; by: 'root' | 'user' } | { state: 'off'; reason: string }
  /** The users of the machine that databases have, both ends included; null where all databases run as one user. */
  osUids: { first: number; last: number } | null
}

/** The volume that databases lie on. */
export interface Volume {
  freeBytes: number
  /** Free, less than this is little: then only their owners may connect to databases. */
  reserveBytes: number
}

/** What the engine has, for whoever compares it with what it should have. Nothing is woken or changed. */
export interface EngineInventory {
  /** Ids with data that is served. */
  databases: string[]
  /** Ids whose server runs. */
  running: string[]
  /** Ids that are deleted and recoverable. */
  retired: string[]
  /** Ids of copies that are not in their place yet. */
  drafts: string[]
  /** Ids of the store's whole backups. */
  backups: string[]
  /** What a crash left or could not be removed, by name; the next `reconcile` tries it. What is just being removed is not named. */
  leftovers: string[]
  /** Databases whose write-ahead log does not reach their archive, and since when. */
  archiveFailures: { id: string; since: Date }[]
}

/**
 * Databases as running Postgres. Every method may be repeated after a crash at any point with the same result:
 * `create` of a half-made database finishes it, `destroy` of an absent one does nothing.
 * Errors are `EngineError`s with a code and a message fit for a user.
 */
export interface DatabaseEngine {
  readonly capabilities: EngineCapabilities
  /** Of a database for which none are set. */
  readonly defaultSettings: DatabaseSettings
  /** Makes what survived a crash agree with what is known. Called once before anything else. */
  reconcile(known: KnownData): Promise<ReconcileReport>
  inspect(): Promise<EngineInventory>
  /**
   * The user of the machine that owns the files of a database, a deleted one included. Null where it has none, and where all
   * databases run as one user.
   */
  osUid(id: string): number | null
  facts(): EngineFacts
  volume(): Promise<Volume>

  /** Resolves when the database is on disk durably and accepts connections. */
  create(spec: DatabaseSpec): Promise<void>

  // A copy comes into being by `stage`, `secure` and `publish`, in that order.

  /** Makes the draft: copied, recovered to its moment, stopped. Done again it starts anew, unless the draft is whole. */
  stage(id: string, origin: Origin, options?: StageOptions): Promise<void>
  /**
   * Makes the draft a database of its own before any client can reach it: new secrets, no other password, subscription
   * or slot of the source. Names the login roles that lost their passwords.
   */
  secure(id: string, secrets: { adminVerifier: string }): Promise<{ lostPasswords: string[] }>
  /** Puts the draft in its place, durably and all or nothing; from here `connect` finds it. */
  publish(id: string): Promise<void>
  /** Removes the draft, if there is one. */
  discard(id: string): Promise<void>
  /** The first moment that `stage` can go back to, or null where there is none yet. Does not wake the database. */
  earliestRestorable(id: string): Promise<Date | null>

  // A backup is whole, its checksums verified, or absent.

  backup(id: string, backupId: string, options?: WorkOptions): Promise<BackupFacts>
  /** Throws `corrupt` where what is stored is not what was written. */
  verifyBackup(backupId: string, options?: WorkOptions): Promise<void>
  deleteBackup(backupId: string): Promise<void>

  /**
   * Wakes the database where it sleeps (one start, however many callers wait) and says where it listens. Counts as use.
   * `at_capacity` where as many run as may and none of them is idle.
   */
  connect(id: string): Promise<RunningDatabase>
  /**
   * The SCRAM verifier of a role that may log in, else null. Does not wake a database that went to sleep in order, and does
   * not count as use.
   */
  roleVerifier(id: string, role: string): Promise<string | null>
  /**
   * Keeps all roles and memberships as they are, for statements that may not change them by whatever way. Wakes the database.
   * A few at a time for each database, since each takes a connection of the service.
   */
  holdRoles(id: string): Promise<RoleHold>
  /** Ends the sessions of admin; where a session holds the roles locked, those of everybody. */
  setAdminVerifier(id: string, verifier: string): Promise<void>
  /** Sets all of a database's settings; durable once it resolves. Wakes nothing. */
  configure(id: string, settings: DatabaseSettings): Promise<void>
  /** Stops the server, keeping the data. */
  stop(id: string): Promise<void>
  /** Stops the server and sets the data aside: nothing serves it until `revive`. */
  retire(id: string): Promise<void>
  revive(id: string): Promise<void>
  /** Stops the server and removes the data and its archive, but not its backups. */
  destroy(id: string): Promise<void>
  isRunning(id: string): boolean
  /** Stops every server. */
  close(): Promise<void>
}
