import type { UpstreamAddress } from '@db9/types/internal'
import type { DatabaseSettings } from './settings.ts'

/** What an engine can do; what it cannot is answered 422 with `reason`. */
export type Capability = { available: true } | { available: false; reason: string }

export interface EngineCapabilities {
  branch: Capability
  branchAtTime: Capability
  backup: Capability
  suspend: Capability
}

export interface DatabaseSpec {
  id: string
  /** The SCRAM-SHA-256 verifier of admin's password: the password itself never reaches Postgres or its logs. */
  adminVerifier: string
}

export interface RunningDatabase {
  address: UpstreamAddress
  /** The physical database. */
  database: string
  /** Changes whenever the server process does. */
  epoch: string
  maxConnections: number
}

export interface ReconcileReport {
  /** Ids whose server survived a crash of ours and was taken over. */
  adopted: string[]
  /** Ids whose process or folder no live database owns; ended and removed. */
  removed: string[]
  /** Ids in `live` that have no data folder: a create that never finished, or a loss to report. */
  missing: string[]
}

/**
 * Databases as running Postgres. Every method may be repeated after a crash at any point with the same result:
 * `create` of a half-made database finishes it, `destroy` of an absent one does nothing.
 * Errors are `EngineError`s with a code and a message fit for a user.
 */
export interface DatabaseEngine {
  readonly capabilities: EngineCapabilities
  /** Makes what survived a crash agree with `live`, the ids that metadata knows. Called once before anything else. */
  reconcile(live: ReadonlySet<string>): Promise<ReconcileReport>
  /** Resolves when the database is on disk durably and accepts connections. */
  create(spec: DatabaseSpec): Promise<void>
  /**
   * Wakes the database where it sleeps (one start, however many callers wait) and says where it listens. Counts as use.
   * `at_capacity` where as many run as may and none of them is idle.
   */
  connect(id: string): Promise<RunningDatabase>
  /** The SCRAM verifier of a role that may log in, else null. Wakes the database. */
  roleVerifier(id: string, role: string): Promise<string | null>
  setAdminVerifier(id: string, verifier: string): Promise<void>
  /** Sets all of a database's settings; durable once it resolves. Wakes nothing. */
  configure(id: string, settings: DatabaseSettings): Promise<void>
  /** Stops the server, keeping the data. */
  stop(id: string): Promise<void>
  /** Stops the server and removes the data. */
  destroy(id: string): Promise<void>
  isRunning(id: string): boolean
  /** Stops every server. */
  close(): Promise<void>
}

export type EngineErrorCode = 'not_found' | 'unavailable' | 'unsupported' | 'failed' | 'at_capacity'

export class EngineError extends Error {
  readonly code: EngineErrorCode

  constructor(code: EngineErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'EngineError'
    this.code = code
  }
}
