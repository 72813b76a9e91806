/** The servers of all databases. */

import { existsSync, rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { SQLSTATE } from '@db9/postgres/sqlstate'
import { isId } from '@db9/types/ids'
import type { StorageState } from '@db9/types/internal'
import type { Client } from 'pg'
import { EngineError } from '../../errors.ts'
import type { DatabaseSettings } from '../../settings.ts'
import type { Placement } from '../cluster/placement.ts'
import { removeServerTree } from '../cluster/removal.ts'
import { type ServerFiles, serverFiles } from '../cluster/server-files.ts'
import { readSettings } from '../cluster/settings-file.ts'
import { KeyedMutex } from '../concurrency/keyed-mutex.ts'
import type { Source } from '../copies/source.ts'
import { readActivity } from '../scheduling/activity.ts'
import { IDLE_TRANSACTION_MS, idleLimitsFor } from '../scheduling/idle-limits.ts'
import type { Share, Stop } from '../scheduling/policy.ts'
import { ServerScheduler, type SleepOutcome } from '../scheduling/scheduler.ts'
import { giveFirstPasswords, readFirstStart } from '../sql/first-start.ts'
import { prepare } from '../sql/prepare.ts'
import { asSuperuser, sqlStateOf } from '../sql/superuser.ts'
import { forgetVerifiers, readVerifiers, stopKeepingVerifiers, type Verifiers } from '../sql/verifiers.ts'
import { Quotas } from '../storage/quotas.ts'
import { makeReadable } from '../storage/readable.ts'
import type { StartWatch } from '../storage/start-watch.ts'
import type { Used } from '../storage/usage.ts'
import { startWatched } from '../storage/watched-start.ts'
import type { Target } from '../storage/watches.ts'
import { CancellableWork } from './cancellable-work.ts'
import {
  endSurvivor,
  findSurvivor,
  type RunningServer,
  stopServer,
  takeOwnership,
} from './postgres-process.ts'
import { isAlive } from './processes.ts'

/**
 * Asked before an idle server is stopped, with its epoch: whoever keeps sessions with it lets them go, asks `connect`
 * for the next, and answers true; or answers false, since one is in use. `forPlace`: another database waits for its place,
 * and who has only listened for long is not in use; `listenIdleMs` says for how long, where it is not as for all.
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
  /** The volume is low on space below this. */
  lowVolumeBytes: number
  /** Of databases for which none are set. */
  defaults: DatabaseSettings
}

/** A server and the settings it was started with. */
export interface ServerRun {
  server: RunningServer
  settings: DatabaseSettings
}

interface AdmitOptions {
  shares: readonly Share[]
  abort: AbortController
  isFresh?: boolean
  /** What it took before its server started; null: not known. */
  usedBefore: Used | null
}

/** What is done in a server before its clients get in, in all of its databases. */
const PREPARE_LIMIT_MS = 10 * 60_000
/** What the last work in servers is given to end by itself. */
const LAST_WORK_MS = 500
/** A caller waits this long; a recovery that takes longer goes on without it. */
const WAKE_LIMIT_MS = 30_000
/** Less than what the doors wait for a wake, so that they can tell why it did not come. */
const PLACE_LIMIT_MS = 15_000
/** Who was told an address a moment ago is about to use it. */
const QUIET_MS = 1_000
/** A stop is mostly a checkpoint's wait for the disk; more at once would take the cores from those that work. */
const STOPS_AT_ONCE = 4
const LAST_STOPS_AT_ONCE = 32

/** The servers of all databases: at most one each, started and stopped one after the other. */
export class ServerRegistry {
  readonly #placement: Placement
  readonly #release: Release
  readonly #sharesOf: SharesOf
  readonly #defaults: DatabaseSettings
  readonly #scheduler: ServerScheduler
  readonly #quotas: Quotas
  readonly #mutex = new KeyedMutex()
  readonly #runs = new Map<string, ServerRun>()
  readonly #work = new CancellableWork()
  /** Starts under way. */
  readonly #starting = new Map<string, StartWatch>()
  /** Wakes under way, which all who wait share. */
  readonly #wakes = new Map<string, Promise<ServerRun>>()
  /** One at a time per database: strangers who log in must not take the connections of its own clients. */
  readonly #lookups = new KeyedMutex()
  /** Those that are being looked at whether they may sleep. */
  readonly #looked = new Set<string>()
  /** Those whose address is given to nobody any more. */
  readonly #leaving = new Set<string>()
  #isClosed = false

  constructor(
    placement: Placement,
    { maxRunning, release, sharesOf, relieve, lowVolumeBytes, defaults }: ServerRegistryOptions,
  ) {
    this.#placement = placement
    this.#release = release
    this.#sharesOf = sharesOf
    this.#defaults = defaults
    this.#scheduler = new ServerScheduler({
      maxRunning,
      quietMs: QUIET_MS,
      waitMs: PLACE_LIMIT_MS,
      stopsAtOnce: STOPS_AT_ONCE,
      putToSleep: (stop) => this.#putToSleep(stop),
      giveUp: (id) => this.#starting.get(id)?.giveUp(),
      isAlive: (id) => this.find(id) !== undefined,
    })
    this.#quotas = new Quotas({
      dataFolder: placement.dataFolder,
      lowBytes: lowVolumeBytes,
      quotaOf: (id) => this.settings(id).diskQuotaBytes,
      running: () => [...this.#runs].map(([id, { server }]) => this.#target(id, server)),
      // Whoever keeps sessions opens new ones, which the state is told to.
      onChange: ({ id, server }) => void this.#release(id, server.epoch, { forPlace: false }),
      relieve: ({ id }) => relieve(id),
      open: (files) => makeReadable(placement, files),
      kill: async ({ id, server }) => {
        await stopServer(server, 'hard')
        // Not waited for: whoever starts it now is in its turn.
        void this.inTurn(id, async () => {
          if (this.#runs.get(id)?.server === server) await this.#stop(id, 'immediate')
        })
      },
    })
    this.#quotas.start()
  }

  /** Work on one database waits for the work before it, until the signal is aborted. */
  inTurn<T>(id: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.#mutex.run(id, work, signal)
  }

  files(id: string): ServerFiles {
    if (!isId('database', id)) throw new EngineError('not_found', 'not the id of a database')
    return serverFiles(this.#placement, id)
  }

  /** As they are set now. */
  settings(id: string): DatabaseSettings {
    return readSettings(this.files(id).settings, this.#defaults)
  }

  exists(id: string): boolean {
    return existsSync(this.files(id).folder)
  }

  /** The server that runs now. */
  find(id: string): ServerRun | undefined {
    const run = this.#runs.get(id)
    if (run && isAlive(run.server)) return run
    this.#runs.delete(id)
    return undefined
  }

  /** It as what a copy is made of. */
  source(id: string): Source {
    return {
      files: this.files(id),
      inTurn: (work, signal) => this.inTurn(id, work, signal),
      find: () => this.find(id)?.server ?? null,
    }
  }

  /** The running server, which counts as used; else a new one, however many wait for it. */
  async wake(id: string): Promise<ServerRun> {
    const run = this.find(id)
    if (run && !this.#leaving.has(id)) {
      this.#scheduler.touch(id)
      return run
    }
    let wake = this.#wakes.get(id)
    if (!wake) {
      wake = this.inTurn(id, () => this.start(id)).finally(() => this.#wakes.delete(id))
      this.#wakes.set(id, wake)
    }
    return within(WAKE_LIMIT_MS, wake)
  }

  /**
   * What a login is judged by: of the running server, or of the verifiers kept of one that sleeps, which goes on sleeping.
   * One that ended by a crash, and one of an earlier release, has none and is started, once. Does not count as use.
   */
  async judge<T>(
    id: string,
    { awake, asleep }: { awake(server: RunningServer): Promise<T>; asleep(verifiers: Verifiers): T },
  ): Promise<T> {
    const run = this.find(id)
    if (run && !this.#looked.has(id)) {
      try {
        return await this.#lookups.run(id, () => awake(run.server))
      } catch (error) {
        await this.inTurn(id, async () => {})
        // It may have been put to sleep meanwhile.
        if (this.find(id) === run) throw error
      }
    }
    const found = await within(
      WAKE_LIMIT_MS,
      this.inTurn(id, async () => this.find(id) ?? readVerifiers(this.files(id)) ?? this.start(id)),
    )
    return 'server' in found ? this.#lookups.run(id, () => awake(found.server)) : asleep(found)
  }

  /** The running server, or a new one. Called in turn. */
  async start(id: string): Promise<ServerRun> {
    const alive = this.find(id)
    if (alive) {
      this.#scheduler.touch(id)
      return alive
    }
    if (this.#isClosed) throw new EngineError('unavailable', 'the engine is shutting down')
    if (this.#work.isEnding(id)) throw new EngineError('unavailable', 'the database is being stopped')
    if (!this.exists(id)) throw new EngineError('not_found', 'the database has no data on this machine')
    const files = this.files(id)
    const settings = this.settings(id)
    // A fresh copy of the template has this release's schemas.
    const isFresh = readFirstStart(files) !== null
    const abort = this.#work.begin(id)
    let watch: StartWatch | undefined
    try {
      const shares = await this.#sharesOf(id)
      const begun = await this.#quotas.beginStart({ id, files, isFresh })
      watch = begun
      const { usedBefore, placeMs } = begun
      begun.signal.addEventListener('abort', () => abort.abort(), { once: true })
      this.#starting.set(id, begun)
      await this.#scheduler.enter(id, { shares, startMs: placeMs }, abort.signal)
      await forgetVerifiers(files)
      const start = { settings, overrides: sharedSettings(shares), signal: abort.signal }
      const launch = () => startWatched(this.#placement, files, start, begun)
      const admit = async () =>
        this.#admit(id, { server: await launch(), settings }, { shares, isFresh, abort, usedBefore })
      return await admit().catch((error) => {
        // A crash came between a change of our passwords and the note of it: they are set anew.
        if (sqlStateOf(error) !== SQLSTATE.invalidPassword) throw error
        rmSync(files.logins, { force: true })
        return admit()
      })
    } catch (error) {
      this.#work.cancel(id)
      this.#scheduler.left(id)
      throw watch?.failure ?? error
    } finally {
      this.#starting.delete(id)
      watch?.end()
    }
  }

  /** A new server, without the sessions of the one before. Called in turn. */
  async restart(id: string): Promise<ServerRun> {
    await this.#stop(id, 'prompt')
    return this.start(id)
  }

  /** As root, gives the files of an earlier release to a user of their own. */
  own(files: ServerFiles): Promise<unknown> {
    return takeOwnership(this.#placement, files)
  }

  /** Takes over the server that survived a crash of ours; one that is not fit for it is ended. */
  adopt(id: string): Promise<boolean> {
    return this.inTurn(id, async () => {
      const files = this.files(id)
      const settings = this.settings(id)
      const server = findSurvivor(this.#placement, files, settings)
      if (!server) await endSurvivor(files)
      else {
        const shares = await this.#sharesOf(id)
        const options = { shares, abort: this.#work.begin(id), usedBefore: null }
        await this.#admit(id, { server, settings }, options).catch(() => {})
      }
      return this.#runs.has(id)
    })
  }

  /** What was written to the file of its settings counts for the running server as far as it can. */
  async applySettings(id: string, { suspendAfterSeconds }: DatabaseSettings): Promise<void> {
    this.#scheduler.setSuspendAfter(id, toSuspendMs(suspendAfterSeconds))
    const run = this.find(id)
    if (run) await this.#quotas.check(this.#target(id, run.server))
  }

  /** What the database may do with its disk now. */
  storageOf(id: string): StorageState {
    return this.#quotas.stateOf(id)
  }

  stop(id: string): Promise<void> {
    const stop = () => this.#stop(id, 'prompt')
    return this.#work.end(id, (turn) => this.inTurn(id, turn), stop)
  }

  /** Ends whatever runs on its data, or is about to, for data that goes. Called outside of a turn; `work` is done in it. */
  end(id: string, work: (files: ServerFiles) => Promise<void>): Promise<void> {
    const stop = async () => {
      await this.#stop(id, 'immediate')
      this.#quotas.forget(id)
      await work(this.files(id))
    }
    return this.#work.end(id, (turn) => this.inTurn(id, turn), stop)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#scheduler.close()
    this.#work.cancelAll((id) => !this.#runs.has(id))
    const ended = this.#quotas.close().then(() => this.#mutex.settled())
    await Promise.race([ended, sleep(LAST_WORK_MS)])
    this.#work.cancelAll()
    await ended
    const ids = [...this.#runs.keys()]
    const stopSome = async () => {
      for (let id = ids.pop(); id !== undefined; id = ids.pop()) await this.stop(id)
    }
    await Promise.all(Array.from({ length: LAST_STOPS_AT_ONCE }, stopSome))
  }

  #target(id: string, server: RunningServer): Target {
    return { id, server, files: this.files(id) }
  }

  async #admit(
    id: string,
    run: ServerRun,
    { shares, abort, usedBefore, isFresh = false }: AdmitOptions,
  ): Promise<ServerRun> {
    run.server.signal = abort.signal
    const limit = setTimeout(() => abort.abort(), PREPARE_LIMIT_MS).unref()
    try {
      const target = this.#target(id, run.server)
      if (isFresh) this.#quotas.admitFresh(target)
      else {
        await prepare(run.server)
        await this.#quotas.admit(target, usedBefore)
      }
      await giveFirstPasswords(run.server, target.files, this.#placement.logins)
      if (abort.signal.aborted)
        throw new EngineError('unavailable', 'the database was stopped while it was starting')
    } catch (error) {
      await stopServer(run.server, abort.signal.aborted ? 'immediate' : 'prompt')
      throw error
    } finally {
      clearTimeout(limit)
    }
    this.#runs.set(id, run)
    this.#scheduler.started(id, shares, toSuspendMs(run.settings.suspendAfterSeconds))
    return run
  }

  async #stop(id: string, how: Parameters<typeof stopServer>[1]): Promise<void> {
    const run = this.#runs.get(id)
    const files = this.files(id)
    const stop = async () => run && stopServer(run.server, how)
    if (run && how !== 'immediate' && isAlive(run.server)) {
      // Whatever else the service did in it is called off by now, or soon.
      const { socketFolder, logins } = run.server
      await stopKeepingVerifiers({ socketFolder, logins }, files, stop)
    } else await stop()
    this.#work.cancel(id)
    this.#runs.delete(id)
    this.#quotas.leave(id)
    if (run || how === 'immediate') {
      await endSurvivor(files)
      await removeServerTree(this.#placement, files.socketFolder)
    }
    this.#scheduler.left(id)
  }

  /** What cannot be asked counts as in use, and is looked at again later. */
  #putToSleep({ id, ...why }: Stop): Promise<SleepOutcome> {
    return this.inTurn(id, async () => {
      try {
        // Who only asks for a verifier keeps no database awake, and waits for what comes of this.
        this.#looked.add(id)
        await this.#lookups.run(id, async () => {})
        const run = this.find(id)
        const lastUsedAt = run ? await this.#askToLeave(id, run.server, why) : null
        if (lastUsedAt !== null) return { asleep: false as const, lastUsedAt }
        await this.#stop(id, 'patient')
        return { asleep: true as const }
      } catch {
        return this.find(id) ? { asleep: false as const, lastUsedAt: Date.now() } : { asleep: true as const }
      } finally {
        this.#leaving.delete(id)
        this.#looked.delete(id)
      }
    })
  }

  /** Null where it may be stopped now: from then on nobody has its address. Else when it was used last. */
  #askToLeave(
    id: string,
    server: RunningServer,
    { idleMs, ...why }: Omit<Stop, 'id'>,
  ): Promise<number | null> {
    const begun = Date.now()
    const { transactionMs, listenMs } = idleLimitsFor(why)
    const usedSince = async (client: Client) => {
      const { isBusy, idleMs: idle } = await readActivity(client, transactionMs)
      if (isBusy) return Date.now()
      return idle < idleMs ? Date.now() - idle : null
    }
    return asSuperuser(server, 'template1', async (client) => {
      const usedAt = await usedSince(client)
      if (usedAt !== null) return usedAt
      // While it still serves: the shutdown's own checkpoint, for which callers wait, then has little left to write.
      await client.query('checkpoint')
      this.#leaving.add(id)
      if (this.#scheduler.lastUsedAt(id) >= begun) return Date.now()
      const asked = { forPlace: why.forPlace, listenIdleMs: listenMs }
      if (!(await this.#release(id, server.epoch, asked))) return Date.now()
      return usedSince(client)
    })
  }
}

/** Defaults of Postgres that a database with part in a share has; roles, databases and sessions may set others. */
function sharedSettings(shares: readonly Share[]): Readonly<Record<string, string>> {
  return shares.length === 0 ? {} : { idle_in_transaction_session_timeout: `${IDLE_TRANSACTION_MS}ms` }
}

function toSuspendMs(seconds: number): number {
  return seconds === -1 ? Number.POSITIVE_INFINITY : seconds * 1000
}

/** The work's result, or `unavailable` once the time is up; the work goes on. */
async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  const limit = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => limit.reject(new EngineError('unavailable', 'the database is still recovering; try again soon')),
    limitMs,
  )
  try {
    return await Promise.race([work, limit.promise])
  } finally {
    clearTimeout(timer)
  }
}
