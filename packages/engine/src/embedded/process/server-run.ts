/** What the registry of servers is told, and what it knows of a server that runs. */
import type { DatabaseSettings } from '../../settings.ts'
import type { Share } from '../scheduling/policy.ts'
import type { RunningServer } from './running-server.ts'

/** A server and the settings it was started with. */
export interface ServerRun {
  server: RunningServer
  settings: DatabaseSettings
}

/**
 * Asked before an idle server is stopped, with its epoch. The holder of sessions with it (the data proxy) closes them, asks `connect`
 * for the next, and answers true; it answers false where a session is in use. `forPlace`: another database waits for its place, and a
 * client that has only listened for long does not count as use; `listenIdleMs` says for how long, where the database has a
 * limit of its own.
 */
export type Release = (
  id: string,
  epoch: string,
  why: { forPlace: boolean; listenIdleMs?: number | undefined },
) => Promise<boolean>

/** The shares that a database has part in. Must not reject. */
export type SharesOf = (id: string) => Promise<readonly Share[]>

export interface ServerRegistryOptions {
  /** Servers at once; more are put to sleep, the longest idle first. */
  maxRunning: number
  release: Release
  sharesOf: SharesOf
  /** Takes what a database has handed over for its archive. */
  relieve(id: string): Promise<void>
  /** With less free than this the volume is low on space. */
  lowVolumeBytes: number
  /** Settings of databases for which none are set. */
  defaults: DatabaseSettings
}
