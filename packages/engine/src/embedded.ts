import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs'
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
import { type Placement, placeServers } from './placement.ts'
import { isAlive } from './processes.ts'
import { SCRAM_VERIFIER } from './scram.ts'
import {
  CLIENT_CONNECTIONS,
  endSurvivor,
  findSurvivor,
  PORT,
  type RunningServer,
  serverFiles,
  startServer,
  stopServer,
} from './server.ts'
import { asSuperuser } from './superuser.ts'
import { copyCluster, ensureTemplate, removeFolder } from './template.ts'

export interface EmbeddedOptions {
  /** The installation's data folder. */
  home: string
  onProgress?: (text: string) => void
}

const NOT_YET: Capability = { available: false, reason: 'the embedded engine cannot do this yet' }

/** Databases as Postgres processes of this machine, one each, on unix sockets in a private folder. */
export async function createEmbeddedEngine({
  home,
  onProgress = () => {},
}: EmbeddedOptions): Promise<EmbeddedEngine> {
  const placement = placeServers(home, onProgress)
  const template = await ensureTemplate(placement, onProgress)
  return new EmbeddedEngine(placement, template)
}

export class EmbeddedEngine implements DatabaseEngine {
  readonly capabilities = { branch: NOT_YET, branchAtTime: NOT_YET, backup: NOT_YET, suspend: NOT_YET }
  readonly #placement: Placement
  readonly #template: string
  readonly #running = new Map<string, RunningServer>()
  /** One start, stop or removal at a time per database; later ones wait for the earlier. */
  readonly #turns = new Map<string, Promise<unknown>>()

  constructor(placement: Placement, template: string) {
    this.#placement = placement
    this.#template = template
  }

  get dataFolder(): string {
    return this.#placement.dataFolder
  }

  async reconcile(live: ReadonlySet<string>): Promise<ReconcileReport> {
    const report: ReconcileReport = { adopted: [], removed: [], missing: [] }
    for (const entry of readdirSync(this.#placement.dataFolder)) {
      const id = entry.split('.')[0] ?? ''
      if (!isId('database', id)) continue
      const files = serverFiles(this.#placement, entry)
      const survivor = live.has(entry) ? findSurvivor(files) : null
      if (survivor) {
        this.#running.set(entry, survivor)
        report.adopted.push(entry)
        continue
      }
      await endSurvivor(files)
      if (live.has(entry)) continue
      removeFolder(join(this.#placement.dataFolder, entry))
      rmSync(files.socketFolder, { recursive: true, force: true })
      report.removed.push(entry)
    }
    report.missing.push(...[...live].filter((id) => !this.#exists(id)))
    return report
  }

  create({ id, adminVerifier }: DatabaseSpec): Promise<void> {
    requireVerifier(adminVerifier)
    return this.#inTurn(id, async () => {
      if (!this.#exists(id)) {
        const draft = `${this.#folder(id)}.tmp`
        rmSync(draft, { recursive: true, force: true })
        await copyCluster(this.#template, draft)
        renameSync(draft, this.#folder(id))
      }
      await this.#alterAdmin(await this.#start(id), adminVerifier)
    })
  }

  async connect(id: string): Promise<RunningDatabase> {
    const server = this.#alive(id) ?? (await this.#inTurn(id, () => this.#start(id)))
    return {
      address: { kind: 'unix', path: join(server.socketFolder, `.s.PGSQL.${PORT}`) },
      database: 'postgres',
      epoch: server.epoch,
      maxConnections: CLIENT_CONNECTIONS,
    }
  }

  async roleVerifier(id: string, role: string): Promise<string | null> {
    const server = this.#alive(id) ?? (await this.#inTurn(id, () => this.#start(id)))
    return asSuperuser(server.socketFolder, async (client) => {
      const { rows } = await client.query<{ rolpassword: string | null }>(
        `select rolpassword from pg_authid
         where rolname = $1 and rolcanlogin and not rolsuper and (rolvaliduntil is null or rolvaliduntil > now())`,
        [role],
      )
      return rows[0]?.rolpassword ?? null
    })
  }

  setAdminVerifier(id: string, verifier: string): Promise<void> {
    requireVerifier(verifier)
    return this.#inTurn(id, async () => this.#alterAdmin(await this.#start(id), verifier))
  }

  stop(id: string): Promise<void> {
    return this.#inTurn(id, () => this.#stop(id))
  }

  destroy(id: string): Promise<void> {
    return this.#inTurn(id, async () => {
      await this.#stop(id)
      const files = serverFiles(this.#placement, id)
      await endSurvivor(files)
      removeFolder(this.#folder(id))
      rmSync(`${this.#folder(id)}.tmp`, { recursive: true, force: true })
      rmSync(files.socketFolder, { recursive: true, force: true })
    })
  }

  isRunning(id: string): boolean {
    return this.#alive(id) !== undefined
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#turns.values())
    await Promise.all([...this.#running.keys()].map((id) => this.stop(id)))
  }

  /** The running server, or the one start that every waiting caller shares. Called in turn only. */
  async #start(id: string): Promise<RunningServer> {
    const alive = this.#alive(id)
    if (alive) return alive
    if (!this.#exists(id)) throw new EngineError('not_found', 'the database has no data on this machine')
    const files = serverFiles(this.#placement, id)
    await endSurvivor(files)
    const server = await startServer(this.#placement, files)
    try {
      await asSuperuser(server.socketFolder, prepareDatabase)
    } catch (error) {
      await stopServer(server)
      throw error
    }
    this.#running.set(id, server)
    return server
  }

  async #stop(id: string): Promise<void> {
    const server = this.#running.get(id)
    this.#running.delete(id)
    if (server) await stopServer(server)
  }

  #alive(id: string): RunningServer | undefined {
    const server = this.#running.get(id)
    if (server && isAlive(server)) return server
    this.#running.delete(id)
    return undefined
  }

  async #alterAdmin(server: RunningServer, verifier: string): Promise<void> {
    await asSuperuser(server.socketFolder, (client) =>
      client.query(`alter role admin password '${verifier}'`),
    )
  }

  #folder(id: string): string {
    if (!isId('database', id)) throw new EngineError('not_found', 'not the id of a database')
    return join(this.#placement.dataFolder, id)
  }

  #exists(id: string): boolean {
    return existsSync(this.#folder(id))
  }

  #inTurn<T>(id: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(id) ?? Promise.resolve()).then(work, work)
    const settled = turn.catch(() => {})
    this.#turns.set(id, settled)
    void settled.then(() => {
      if (this.#turns.get(id) === settled) this.#turns.delete(id)
    })
    return turn
  }
}

function requireVerifier(verifier: string): void {
  if (!SCRAM_VERIFIER.test(verifier)) throw new EngineError('failed', 'not a SCRAM-SHA-256 verifier')
}
