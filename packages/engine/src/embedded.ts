import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { isId } from '@db9/types/ids'
import { prepareDatabase } from './bootstrap/apply.ts'
import {
  type Capability,
  type DatabaseEngine,
  type DatabaseSpec,
  EngineError,
  type ReconcileReport,
  type RunningDatabase,
} from './engine.ts'
import { removeFolder, removeTree, type ServerFiles, serverFiles } from './files.ts'
import { type Placement, placeServers, tidySockets } from './placement.ts'
import { isAlive } from './processes.ts'
import { SCRAM_VERIFIER } from './scram.ts'
import { endSurvivor, findSurvivor, type RunningServer, startServer, stopServer } from './server.ts'
import { CLIENT_CONNECTIONS, PORT } from './settings.ts'
import { asSuperuser, sqlStateOf } from './superuser.ts'
import { ensureTemplate } from './template.ts'
import { WarmPool } from './warm-pool.ts'

export interface EmbeddedOptions {
  /** The installation's data folder. */
  home: string
  /** Databases kept ready for the next creates, about 31 MB of disk each where the file system shares no blocks. */
  poolSize?: number
  /** Told what takes long at a first start, a line each. */
  onProgress?: (text: string) => void
}

/** A caller waits this long; a recovery that takes longer goes on without it. */
const WAKE_LIMIT_MS = 30_000
const NOT_YET: Capability = { available: false, reason: 'the embedded engine cannot do this yet' }

/** Databases as Postgres processes of this machine, one each, on unix sockets in a private folder. */
export async function createEmbeddedEngine({
  home,
  poolSize = 0,
  onProgress = () => {},
}: EmbeddedOptions): Promise<EmbeddedEngine> {
  const placement = placeServers(home, onProgress)
  const template = await ensureTemplate(placement, onProgress)
  return new EmbeddedEngine(placement, new WarmPool(template, poolSize))
}

export class EmbeddedEngine implements DatabaseEngine {
  readonly capabilities = { branch: NOT_YET, branchAtTime: NOT_YET, backup: NOT_YET, suspend: NOT_YET }
  readonly #placement: Placement
  readonly #pool: WarmPool
  readonly #running = new Map<string, RunningServer>()
  readonly #starting = new Map<string, AbortController>()
  /** One start, stop or removal at a time per database; later ones wait for the earlier. */
  readonly #turns = new Map<string, Promise<unknown>>()
  /** One lookup at a time per database: strangers who log in must not take the connections of its own clients. */
  readonly #lookups = new Map<string, Promise<unknown>>()
  #isClosed = false

  constructor(placement: Placement, pool: WarmPool) {
    this.#placement = placement
    this.#pool = pool
  }

  get dataFolder(): string {
    return this.#placement.dataFolder
  }

  async reconcile(live: ReadonlySet<string>): Promise<ReconcileReport> {
    const report: ReconcileReport = { adopted: [], removed: [], missing: [] }
    for (const entry of readdirSync(this.#placement.dataFolder)) {
      // `<id>`, or what a crash left of one: `<id>.tmp`, `<id>.doomed`.
      const id = entry.split('.')[0] ?? ''
      if (!isId('database', id)) continue
      if (live.has(entry)) {
        if (await this.#adopt(entry)) report.adopted.push(entry)
        continue
      }
      const files = serverFiles(this.#placement, entry)
      await endSurvivor(files)
      await removeTree(files.socketFolder)
      await removeFolder(files.folder)
      if (entry === id) report.removed.push(id)
    }
    report.missing.push(...[...live].filter((id) => !this.#exists(id)))
    await this.#pool.open()
    return report
  }

  async create({ id, adminVerifier }: DatabaseSpec): Promise<void> {
    requireVerifier(adminVerifier)
    return this.#inTurn(id, async () => {
      const isFresh = !this.#exists(id)
      if (isFresh) await this.#pool.take(this.#files(id).folder)
      await setVerifier(await this.#start(id, { isFresh }), adminVerifier)
    })
  }

  async connect(id: string): Promise<RunningDatabase> {
    const server = await this.#wake(id)
    return {
      address: { kind: 'unix', path: join(server.socketFolder, `.s.PGSQL.${PORT}`) },
      database: 'postgres',
      epoch: server.epoch,
      maxConnections: CLIENT_CONNECTIONS,
    }
  }

  async roleVerifier(id: string, role: string): Promise<string | null> {
    const server = await this.#wake(id)
    const { rows } = await inTurn(this.#lookups, id, () =>
      asSuperuser(server.socketFolder, 'template1', (client) =>
        client.query<{ rolpassword: string | null }>(
          `select rolpassword from pg_authid
           where rolname = $1 and rolcanlogin and not rolsuper and (rolvaliduntil is null or rolvaliduntil > now())`,
          [role],
        ),
      ),
    )
    const verifier = rows[0]?.rolpassword ?? null
    return verifier !== null && SCRAM_VERIFIER.test(verifier) ? verifier : null
  }

  async setAdminVerifier(id: string, verifier: string): Promise<void> {
    requireVerifier(verifier)
    return this.#inTurn(id, async () => setVerifier(await this.#start(id), verifier))
  }

  stop(id: string): Promise<void> {
    return this.#inTurn(id, () => this.#stop(id))
  }

  destroy(id: string): Promise<void> {
    this.#starting.get(id)?.abort()
    return this.#inTurn(id, async () => {
      const files = this.#files(id)
      const server = this.#running.get(id)
      this.#running.delete(id)
      if (server) await stopServer(server, { immediately: true })
      await endSurvivor(files)
      await removeTree(files.socketFolder)
      await removeTree(`${files.folder}.tmp`)
      await removeFolder(files.folder)
    })
  }

  isRunning(id: string): boolean {
    return this.#alive(id) !== undefined
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const start of this.#starting.values()) start.abort()
    await this.#pool.close()
    await Promise.allSettled(this.#turns.values())
    await Promise.all([...this.#running.keys()].map((id) => this.stop(id)))
    tidySockets(this.#placement)
  }

  async #wake(id: string): Promise<RunningServer> {
    const server = this.#alive(id)
    if (server) return server
    return within(
      WAKE_LIMIT_MS,
      this.#inTurn(id, () => this.#start(id)),
    )
  }

  /** The running server, or a new one. Called in turn only, so that all who wait get the one start. */
  async #start(id: string, { isFresh = false } = {}): Promise<RunningServer> {
    const alive = this.#alive(id)
    if (alive) return alive
    if (this.#isClosed) throw new EngineError('unavailable', 'the engine is shutting down')
    if (!this.#exists(id)) throw new EngineError('not_found', 'the database has no data on this machine')
    const start = new AbortController()
    this.#starting.set(id, start)
    try {
      const server = await startServer(this.#placement, this.#files(id), start.signal)
      // What was copied from the template just now has this release's schemas.
      if (!isFresh) return await this.#prepare(id, server)
      this.#running.set(id, server)
      return server
    } finally {
      this.#starting.delete(id)
    }
  }

  async #prepare(id: string, server: RunningServer): Promise<RunningServer> {
    try {
      await prepare(server)
    } catch (error) {
      await stopServer(server)
      throw error
    }
    this.#running.set(id, server)
    return server
  }

  /** Takes over the server that survived a crash of ours; one that is not fit for it is ended. */
  #adopt(id: string): Promise<boolean> {
    return this.#inTurn(id, async () => {
      const files = this.#files(id)
      const survivor = findSurvivor(this.#placement, files)
      if (!survivor) await endSurvivor(files)
      else await this.#prepare(id, survivor).catch(() => {})
      return this.#running.has(id)
    })
  }

  async #stop(id: string): Promise<void> {
    const server = this.#running.get(id)
    this.#running.delete(id)
    if (!server) return
    const files = this.#files(id)
    await stopServer(server)
    await endSurvivor(files)
    await removeTree(files.socketFolder)
  }

  #alive(id: string): RunningServer | undefined {
    const server = this.#running.get(id)
    if (server && isAlive(server)) return server
    this.#running.delete(id)
    return undefined
  }

  #files(id: string): ServerFiles {
    if (!isId('database', id)) throw new EngineError('not_found', 'not the id of a database')
    return serverFiles(this.#placement, id)
  }

  #exists(id: string): boolean {
    return existsSync(this.#files(id).folder)
  }

  #inTurn<T>(id: string, work: () => Promise<T>): Promise<T> {
    return inTurn(this.#turns, id, work)
  }
}

/** Runs the work of one id one after the other; what failed does not keep the next from its turn. */
function inTurn<T>(turns: Map<string, Promise<unknown>>, id: string, work: () => Promise<T>): Promise<T> {
  const turn = (turns.get(id) ?? Promise.resolve()).then(work, work)
  const settled = turn.catch(() => {})
  turns.set(id, settled)
  void settled.then(() => {
    if (turns.get(id) === settled) turns.delete(id)
  })
  return turn
}

/**
 * Our schemas brought up to date. The owner can close, rename or drop `postgres` from another database: closed it is
 * opened again; gone it stays, so that the owner can still reach the others and put it right.
 */
async function prepare(server: RunningServer): Promise<void> {
  const attempt = () => asSuperuser(server.socketFolder, 'postgres', prepareDatabase)
  try {
    await attempt()
  } catch (error) {
    const sqlState = sqlStateOf(error)
    if (sqlState === INVALID_CATALOG_NAME) return
    if (sqlState !== OBJECT_NOT_IN_PREREQUISITE_STATE) throw error
    await asSuperuser(server.socketFolder, 'template1', (client) =>
      client.query('alter database postgres with allow_connections true'),
    )
    await attempt()
  }
}

const INVALID_CATALOG_NAME = '3D000'
const OBJECT_NOT_IN_PREREQUISITE_STATE = '55000'

async function setVerifier(server: RunningServer, verifier: string): Promise<void> {
  await asSuperuser(server.socketFolder, 'template1', (client) =>
    client.query(`alter role admin password '${verifier}'`),
  )
}

function requireVerifier(verifier: string): void {
  if (!SCRAM_VERIFIER.test(verifier)) throw new EngineError('failed', 'not a SCRAM-SHA-256 verifier')
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
