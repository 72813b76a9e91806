/** How a database is made from another one, or from a backup. */

export type CopyOrigin =
  | {
      kind: 'database'
      id: string
      at: 'now' | Date
      /** Beyond the milliseconds of `at`; left out: 0. */
      micros?: number
      /** False: the schema alone. */
      data: boolean
      /** Of the schema alone: tables of the database `postgres` whose rows are kept; left out: none. */
      keep?: TableName[]
    }
  | { kind: 'backup'; backupId: string }

export interface TableName {
  schema: string
  name: string
}

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
  /** How much of the disk the database may take; null: any, left out: the default. */
  diskQuotaBytes?: number | null
}

/** How far back `stage` can go. It ends now. */
export interface RestoreWindow {
  /** The first point in time that can be restored; null where there is none yet. */
  from: Date | null
  /** The past of the database may take this many bytes, and is cut where it takes more; null: it is never cut for its size. */
  limitBytes: number | null
}

/**
 * A copy comes into being by `stage`, `resetSecrets` and `publish`, in that order. Each may be repeated after a crash at any
 * point, so that a caller can store how far it has come.
 */
export interface Copies {
  /** Makes the staged copy: copied, recovered to its point in time, stopped. Repeated, it starts anew unless the copy is whole. */
  stage(id: string, origin: CopyOrigin, options?: StageOptions): Promise<void>
  /**
   * Makes the staged copy a database of its own before a client can reach it: new secrets, and no other password,
   * subscription or slot of the source. Names the login roles that lost their passwords.
   */
  resetSecrets(id: string, secrets: { adminVerifier: string }): Promise<{ lostPasswords: string[] }>
  /** Puts the staged copy in its place, durably and all or nothing; from here `connect` finds it. */
  publish(id: string): Promise<void>
  /** Removes the staged copy, if there is one. */
  discard(id: string): Promise<void>
  /** Which points in time of a database can be restored. Does not wake it. */
  restoreWindow(id: string): Promise<RestoreWindow>
}
