/** The servers of all databases: starts, finds, adopts and stops them. */
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive } from '@db9/process/processes'
import { isId } from '@db9/types/ids'
import type { StorageState } from '@db9/types/internal'
import { within } from '@db9/types/within'
import { EngineError } from '../../errors.ts'
import type { DatabaseSettings } from '../../settings.ts'
import type { Placement } from '../cluster/placement.ts'
import { removeServerTree } from '../cluster/removal.ts'
import { type ServerFiles, serverFiles } from '../cluster/server-files.ts'
import { readSettings } from '../cluster/settings-file.ts'
import { KeyedMutex } from '../concurrency/keyed-mutex.ts'
import type { Source } from '../copies/source.ts'
import { ServerScheduler } from '../scheduling/scheduler.ts'
import { Sleeper } from '../scheduling/sleeper.ts'
import { VerifierLookups } from '../sql/verifier-lookups.ts'
import { stopKeepingVerifiers } from '../sql/verifiers.ts'
import { Quotas } from '../storage/quotas.ts'
import { makeReadable } from '../storage/readable.ts'
import type { Target } from '../storage/watches.ts'
import { CancellableWork } from './cancellable-work.ts'
import { takeOwnership } from './ownership.ts'
import type { RunningServer } from './running-server.ts'
import type { Release, ServerRegistryOptions, ServerRun } from './server-run.ts'
import { ServerStarter, type Startable, toSuspendMs } from './server-starter.ts'
import { stopServer } from './stop-server.ts'
import { endSurvivor } from './survivors.ts'

/** What the last work in servers is given to end by itself. */
const LAST_WORK_MS = 500
/** A caller waits this long; a recovery that takes longer goes on without it. */
const WAKE_LIMIT_MS = 30_000
/** Less than what gateway and proxy wait for a wake, so that they can say why it did not come. */
const PLACE_LIMIT_MS = 15_000
/** A caller that was told an address so recently is about to use it. */
const QUIET_MS = 1_000
/** A stop is mostly a checkpoint's wait for the disk; more at once would take the cores from those that work. */
const STOPS_AT_ONCE = 4
const LAST_STOPS_AT_ONCE = 32

/** The servers of all databases: at most one each, started and stopped one after the other. */
export class ServerRegistry {
  readonly #placement: Placement
  readonly #release: Release
  readonly #defaults: DatabaseSettings
  readonly #scheduler: ServerScheduler
  readonly #sleeper: Sleeper
  readonly #quotas: Quotas
  readonly #starter: ServerStarter
  /** What logins are judged by. */
  readonly verifiers: VerifierLookups
  readonly #mutex = new KeyedMutex()
  readonly #runs = new Map<string, ServerRun>()
  readonly #work = new CancellableWork()
  /** Wakes under way, each shared by all its callers. */
  readonly #wakes = new Map<string, Promise<ServerRun>>()
  #isClosed = false

  constructor(
    placement: Placement,
    { maxRunning, release, sharesOf, relieve, lowVolumeBytes, defaults }: ServerRegistryOptions,
  ) {
    this.#placement = placement
    this.#release = release
    this.#defaults = defaults
    this.#scheduler = new ServerScheduler({
      maxRunning,
      quietMs: QUIET_MS,
      waitMs: PLACE_LIMIT_MS,
      stopsAtOnce: STOPS_AT_ONCE,
      putToSleep: (stop) => this.#sleeper.putToSleep(stop),
      giveUp: (id) => this.#starter.giveUp(id),
      isAlive: (id) => this.find(id) !== undefined,
    })
    this.#sleeper = new Sleeper({
      inTurn: (id, work) => this.inTurn(id, work),
      find: (id) => this.find(id),
      lookupsEnded: (id) => this.verifiers.ended(id),
      stop: (id) => this.#stop(id, 'patient'),
      lastUsedAt: (id) => this.#scheduler.lastUsedAt(id),
      release,
    })
    this.verifiers = new VerifierLookups({
      find: (id) => this.find(id),
      isExamined: (id) => this.#sleeper.isExamined(id),
      inTurn: (id, work) => this.inTurn(id, work),
      withinWakeLimit: (work) => within(WAKE_LIMIT_MS, work, stillRecovering),
      start: (id) => this.start(id),
      files: (id) => this.files(id),
    })
    this.#quotas = new Quotas({
      dataFolder: placement.dataFolder,
      lowBytes: lowVolumeBytes,
      quotaOf: (id) => this.settings(id).diskQuotaBytes,
      running: () => [...this.#runs].map(([id, { server }]) => this.#target(id, server)),
      // The data proxy opens new sessions, which are told the state.
      onChange: ({ id, server }) => void this.#release(id, server.epoch, { forPlace: false }),
      relieve: ({ id }) => relieve(id),
      open: (files) => makeReadable(placement, files),
      kill: async ({ id, server }) => {
        await stopServer(server, 'hard')
        // Not waited for: a start that is under way holds the turn.
        void this.inTurn(id, async () => {
          if (this.#runs.get(id)?.server === server) await this.#stop(id, 'immediate')
        })
      },
    })
    this.#starter = new ServerStarter({
      placement,
      scheduler: this.#scheduler,
      quotas: this.#quotas,
      work: this.#work,
      sharesOf,
      onServing: (id, run) => this.#runs.set(id, run),
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

  /** The settings of a database as they are now. */
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

  /** What a copy of the database is made from. */
  source(id: string): Source {
    return {
      files: this.files(id),
      inTurn: (work, signal) => this.inTurn(id, work, signal),
      find: () => this.find(id)?.server ?? null,
    }
  }

  /** The running server, which counts as used; else a new one, whose start its callers share. */
  async wake(id: string): Promise<ServerRun> {
    const run = this.find(id)
    if (run && !this.#sleeper.isLeaving(id)) {
      this.#scheduler.touch(id)
      return run
    }
    let wake = this.#wakes.get(id)
    if (!wake) {
      wake = this.inTurn(id, () => this.start(id)).finally(() => this.#wakes.delete(id))
      this.#wakes.set(id, wake)
    }
    return within(WAKE_LIMIT_MS, wake, stillRecovering)
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
    return this.#starter.start(this.#startable(id))
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
      await this.#starter.adopt(this.#startable(id))
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

  /**
   * For data that is to be removed: ends its server and a start that is under way, then does `work` in the same turn. Called
   * outside of a turn.
   */
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

  #startable(id: string): Startable {
    return { id, files: this.files(id), settings: this.settings(id) }
  }

  #target(id: string, server: RunningServer): Target {
    return { id, server, files: this.files(id) }
  }

  async #stop(id: string, how: Parameters<typeof stopServer>[1]): Promise<void> {
    const run = this.#runs.get(id)
    const files = this.files(id)
    const stop = async () => run && stopServer(run.server, how)
    if (run && how !== 'immediate' && isAlive(run.server)) {
      // All other work of the service in it is cancelled by now, or soon.
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
}

function stillRecovering(): never {
  throw new EngineError('unavailable', 'the database is still recovering; try again soon')
}
