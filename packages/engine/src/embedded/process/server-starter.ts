/** Starts the server of a database, or takes one over, up to the moment at which its clients may come in. */
import { rmSync } from 'node:fs'
import { SQLSTATE } from '@db9/postgres/sqlstate'
import type { DatabaseSettings } from '../../settings.ts'
import type { Placement } from '../cluster/placement.ts'
import { hasRolesOf, noteRolesOf } from '../cluster/roles-note.ts'
import type { ServerFiles } from '../cluster/server-files.ts'
import { isOfThisRelease } from '../cluster/template.ts'
import { IDLE_TRANSACTION_MS } from '../scheduling/idle-limits.ts'
import type { Share } from '../scheduling/policy.ts'
import type { ServerScheduler } from '../scheduling/scheduler.ts'
import { type FirstStart, giveFirstPasswords, readFirstStart } from '../sql/first-start.ts'
import { prepare } from '../sql/prepare.ts'
import { sqlStateOf } from '../sql/superuser.ts'
import { forgetVerifiers } from '../sql/verifiers.ts'
import type { Quotas } from '../storage/quotas.ts'
import type { StartWatch } from '../storage/start-watch.ts'
import type { Used } from '../storage/usage.ts'
import { startWatched } from '../storage/watched-start.ts'
import { beforeClients } from './before-clients.ts'
import type { CancellableWork } from './cancellable-work.ts'
import type { ServerRun, SharesOf } from './server-run.ts'
import { endSurvivor, findSurvivor } from './survivors.ts'

export interface ServerStarterParts {
  placement: Placement
  scheduler: ServerScheduler
  quotas: Quotas
  work: CancellableWork
  sharesOf: SharesOf
  /** Told of a server whose clients may come in. */
  onServing(id: string, run: ServerRun): void
}

/** A database whose server is to run. */
export interface Startable {
  id: string
  files: ServerFiles
  settings: DatabaseSettings
}

interface AdmitOptions {
  shares: readonly Share[]
  abort: AbortController
  /** What a database that was never started is given; else null. */
  first: FirstStart | null
  /** It was never started, and has this release's schemas from the template. */
  isFresh: boolean
  /** What it took of the disk before its server started; null: not known. */
  usedBefore: Used | null
}

export class ServerStarter {
  readonly #parts: ServerStarterParts
  /** Starts under way. */
  readonly #starting = new Map<string, StartWatch>()

  constructor(parts: ServerStarterParts) {
    this.#parts = parts
  }

  /** Ends a start that is under way. */
  giveUp(id: string): void {
    this.#starting.get(id)?.giveUp()
  }

  /** Called in turn. Rejects with `at_capacity` where no other server makes room, and where the start writes too much. */
  async start({ id, files, settings }: Startable): Promise<ServerRun> {
    const { placement, scheduler, quotas, work, sharesOf } = this.#parts
    const first = readFirstStart(files)
    const isFresh = first !== null && isOfThisRelease(placement, files)
    const abort = work.begin(id)
    let watch: StartWatch | undefined
    try {
      const shares = await sharesOf(id)
      const begun = await quotas.beginStart({ id, files, isFresh })
      watch = begun
      const { usedBefore, placeMs } = begun
      begun.signal.addEventListener('abort', () => abort.abort(), { once: true })
      this.#starting.set(id, begun)
      await scheduler.enter(id, { shares, startMs: placeMs }, abort.signal)
      await forgetVerifiers(files)
      const start = { settings, overrides: sharedSettings(shares), signal: abort.signal }
      const admit = async () => {
        const run = { server: await startWatched(placement, files, start, begun), settings }
        return this.#admit({ id, files }, run, { shares, first, isFresh, abort, usedBefore })
      }
      return await admit().catch((error) => {
        // A crash came between a change of our passwords and the note of it: they are set anew.
        if (sqlStateOf(error) !== SQLSTATE.invalidPassword) throw error
        rmSync(files.logins, { force: true })
        return admit()
      })
    } catch (error) {
      work.cancel(id)
      scheduler.left(id)
      throw watch?.failure ?? error
    } finally {
      this.#starting.delete(id)
      watch?.end()
    }
  }

  /** Called in turn. Takes over the server that survived a crash of ours; one that is not fit for it is ended. */
  async adopt({ id, files, settings }: Startable): Promise<void> {
    const { placement, work, sharesOf } = this.#parts
    const server = findSurvivor(placement, files, settings)
    if (!server) return endSurvivor(files)
    const shares = await sharesOf(id)
    const first = readFirstStart(files)
    const options = { shares, abort: work.begin(id), first, isFresh: false, usedBefore: null }
    await this.#admit({ id, files }, { server, settings }, options).catch(() => {})
  }

  async #admit(
    { id, files }: Omit<Startable, 'settings'>,
    run: ServerRun,
    { shares, abort, usedBefore, first, isFresh }: AdmitOptions,
  ): Promise<ServerRun> {
    const { placement, quotas, scheduler, onServing } = this.#parts
    const target = { id, server: run.server, files }
    await beforeClients(run.server, abort, async () => {
      if (isFresh) quotas.admitFresh(target)
      else {
        const hasRoles = hasRolesOf(placement, files)
        if ((await prepare(run.server, hasRoles)) && !hasRoles) noteRolesOf(placement, files)
        await quotas.admit(target, usedBefore)
      }
      if (first) await giveFirstPasswords(run.server, { files, first, key: placement.logins })
    })
    onServing(id, run)
    scheduler.started(id, shares, toSuspendMs(run.settings.suspendAfterSeconds))
    return run
  }
}

/** Defaults of Postgres that a database with part in a share has; roles, databases and sessions may set others. */
function sharedSettings(shares: readonly Share[]): Readonly<Record<string, string>> {
  return shares.length === 0 ? {} : { idle_in_transaction_session_timeout: `${IDLE_TRANSACTION_MS}ms` }
}

/** -1 is for ever. */
export function toSuspendMs(seconds: number): number {
  return seconds === -1 ? Number.POSITIVE_INFINITY : seconds * 1000
}
