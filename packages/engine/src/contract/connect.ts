/** How clients reach a database, and by what their logins are judged. */
import type { StorageState, UpstreamAddress } from '@db9/types/internal'

export interface RunningDatabase {
  address: UpstreamAddress
  /** The physical database. */
  database: string
  /** Changes with each new server process, and where sessions have to be opened in another way. */
  epoch: string
  maxConnections: number
  storage: StorageState
  /** Passwords of the service's own login roles, by role. */
  logins: Readonly<Record<string, string>>
}

/** What a login by password is judged by. */
export interface RoleVerifier {
  verifier: string
  /** Postgres has a password of the service's for the role: the owner's opens no session by itself. */
  held: boolean
}

/** While it is held, no role of the database and no membership changes. */
export interface RoleHold {
  /** Ends the session, by its pid in the server, as soon as it tries to change one; and at the release. */
  watch(pid: number): void
  /** Lets roles change again, once the session is gone. Says whether it had tried. */
  release(): Promise<{ isRefused: boolean }>
}

export interface Connect {
  /**
   * Wakes the database where it sleeps and says where it listens. Callers that wait share one start. Counts as use.
   * Rejects with `at_capacity` where as many servers run as may and none of them is idle.
   */
  connect(id: string): Promise<RunningDatabase>
  /**
   * The SCRAM verifier of a role that may log in, else null. Does not wake a database that went to sleep in order, and does
   * not count as use.
   */
  roleVerifier(id: string, role: string): Promise<RoleVerifier | null>
  /** As `roleVerifier`, of a database that runs or has gone to sleep in order; null where only a start would tell. */
  knownVerifier(id: string, role: string): Promise<RoleVerifier | null>
  /**
   * What the service logs in with as a role of the owner's, whose own password it does not know and which goes on being good;
   * null where the role may not log in. Wakes the database.
   */
  rolePassword(id: string, role: string): Promise<string | null>
  /**
   * Keeps all roles and memberships as they are, for statements that must not change them in any way. Wakes the database.
   * A few at a time for each database, since each takes a connection of the service.
   */
  holdRoles(id: string): Promise<RoleHold>
  /** Ends sessions by the pids of their backends. Wakes nothing. */
  endSessions(id: string, backends: readonly number[]): Promise<void>
  /**
   * Gives the service's own logins their passwords and settings again, which SQL that runs under one of them may have changed. Called
   * where the server refuses one of `logins`; the caller then tries once more. A call soon after a look waits a few seconds for the next. Wakes
   * the database.
   */
  restoreLogins(id: string): Promise<void>
  isRunning(id: string): boolean
  /** As `connect` where the database is awake, but it does not count as use; null where it sleeps. */
  peek(id: string): RunningDatabase | null
}
