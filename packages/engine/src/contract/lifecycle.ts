/** How databases come into being, change and go. */
import type { DatabaseSettings } from '../settings.ts'

export interface DatabaseSpec {
  id: string
  /** The SCRAM-SHA-256 verifier of admin's password: the password itself never reaches Postgres or its logs. */
  adminVerifier: string
  /** Left out or null: the defaults. A database that is created again keeps the settings that it was given since. */
  settings?: DatabaseSettings | null
}

export interface Lifecycle {
  /** Settings of a database for which none are set. */
  readonly defaultSettings: DatabaseSettings
  /** Resolves when the database is on disk durably and `connect` finds it. */
  create(spec: DatabaseSpec): Promise<void>
  /** Ends the sessions of admin; where a session holds the roles locked, all sessions. */
  setAdminVerifier(id: string, verifier: string): Promise<void>
  /** Sets all of a database's settings; durable once it resolves. Wakes nothing. */
  configure(id: string, settings: DatabaseSettings): Promise<void>
  /** Stops the server and keeps the data. */
  stop(id: string): Promise<void>
  /** Stops the server and sets the data aside: nothing serves it until `undelete`. */
  softDelete(id: string): Promise<void>
  undelete(id: string): Promise<void>
  /** Stops the server and removes the data and its archive, but not its backups. */
  destroy(id: string): Promise<void>
  /** Stops every server. */
  close(): Promise<void>
}
