import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { isId } from '@db9/types/ids'
import { Drafts } from './copies/drafts.ts'
import {
  type BackupFacts,
  type Capability,
  type DatabaseEngine,
  type DatabaseSpec,
  EngineError,
  type EngineInventory,
  type KnownData,
  type Origin,
  type ReconcileReport,
  type RunningDatabase,
  type WorkOptions,
} from './engine.ts'
import { removeFolder, removeTree, serverFiles } from './files.ts'
import { type Placement, placeServers, tidySockets } from './placement.ts'
import { SCRAM_VERIFIER } from './scram.ts'
import { endSurvivor, type RunningServer } from './server.ts'
import { type Release, Servers } from './servers.ts'
import { type DatabaseSettings, PORT, writeSettings } from './settings.ts'
import { asSuperuser } from './superuser.ts'
import { ensureTemplate } from './template.ts'
import { Turns } from './turns.ts'
import { WarmPool } from './warm-pool.ts'

export interface EmbeddedOptions {
  /** The installation's data folder. */
  home: string
  /** Databases kept ready for the next creates, about 31 MB of disk each where the file system shares no blocks. */
  poolSize?: number
  /** Databases that may run at once; the longest idle one makes room for the next. */
  maxRunning?: number
  /** Lets go of what is kept of a database that is about to sleep; left out where nobody keeps anything. */
  release?: Release
  /** Told what takes long at a first start, a line each. */
  onProgress?: (text: string) => void
}

const AVAILABLE: Capability = { available: true }
const NOT_YET: Capability = { available: false, reason: 'the embedded engine cannot do this yet' }

/** Databases as Postgres processes of this machine, one each, on unix sockets in a private folder. */
export async function createEmbeddedEngine({
  home,
  poolSize = 0,
  maxRunning = Number.POSITIVE_INFINITY,
  release = async () => true,
  onProgress = () => {},
}: EmbeddedOptions): Promise<EmbeddedEngine> {
  const placement = placeServers(home, onProgress)
  const template = await ensureTemplate(placement, onProgress)
  const servers = new Servers(placement, { maxRunning, release })
  return new EmbeddedEngine(placement, servers, new WarmPool(template, poolSize))
}

export class EmbeddedEngine implements DatabaseEngine {
  readonly capabilities = { branch: AVAILABLE, branchAtTime: NOT_YET, backup: NOT_YET, suspend: AVAILABLE }
  readonly #placement: Placement
  readonly #servers: Servers
  readonly #pool: WarmPool
  readonly #drafts: Drafts
  /** One lookup at a time per database: strangers who log in must not take the connections of its own clients. */
  readonly #lookups = new Turns()

  constructor(placement: Placement, servers: Servers, pool: WarmPool) {
    this.#placement = placement
    this.#servers = servers
    this.#pool = pool
    this.#drafts = new Drafts(placement, servers)
  }

  get dataFolder(): string {
    return this.#placement.dataFolder
  }

  async reconcile({ live }: KnownData): Promise<ReconcileReport> {
    const report: ReconcileReport = { adopted: [], removed: [], missing: [] }
    for (const entry of readdirSync(this.#placement.dataFolder)) {
      // `<id>`, or what a crash left of one: `<id>.tmp`, `<id>.doomed`.
      const id = entry.split('.')[0] ?? ''
      if (!isId('database', id)) continue
      if (live.has(entry)) {
        if (await this.#servers.adopt(entry)) report.adopted.push(entry)
        continue
      }
      const files = serverFiles(this.#placement, entry)
      await endSurvivor(files)
      await removeTree(files.socketFolder)
      await removeFolder(files.folder)
      if (entry === id) report.removed.push(id)
    }
    report.missing.push(...[...live].filter((id) => !this.#servers.exists(id)))
    await this.#pool.open()
    return report
  }

  async create({ id, adminVerifier }: DatabaseSpec): Promise<void> {
    requireVerifier(adminVerifier)
    return this.#servers.inTurn(id, async () => {
      const isFresh = !this.#servers.exists(id)
      if (isFresh) await this.#pool.take(this.#servers.files(id).folder)
      const { server } = await this.#servers.start(id, { isFresh })
      await setVerifier(server, adminVerifier)
    })
  }

  async connect(id: string): Promise<RunningDatabase> {
    const { server, settings } = await this.#servers.wake(id)
    return {
      address: { kind: 'unix', path: join(server.socketFolder, `.s.PGSQL.${PORT}`) },
      database: 'postgres',
      epoch: server.epoch,
      maxConnections: settings.maxConnections,
    }
  }

  async roleVerifier(id: string, role: string): Promise<string | null> {
    const { server } = await this.#servers.wake(id)
    const { rows } = await this.#lookups.take(id, () =>
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
    return this.#servers.inTurn(id, async () => setVerifier((await this.#servers.start(id)).server, verifier))
  }

  /** Wakes nothing: what concerns the server itself counts from its next start. */
  configure(id: string, settings: DatabaseSettings): Promise<void> {
    return this.#servers.inTurn(id, async () => {
      if (!this.#servers.exists(id))
        throw new EngineError('not_found', 'the database has no data on this machine')
      await writeSettings(this.#servers.files(id).settings, settings)
      this.#servers.setSuspendAfter(id, settings.suspendAfterSeconds)
    })
  }

  async stop(id: string): Promise<void> {
    return this.#servers.stop(id)
  }

  async destroy(id: string): Promise<void> {
    return this.#servers.end(id, async ({ folder }) => {
      await removeTree(`${folder}.tmp`)
      await removeFolder(folder)
    })
  }

  async inspect(): Promise<EngineInventory> {
    throw notYet()
  }

  stage(id: string, origin: Origin, options: WorkOptions = {}): Promise<void> {
    return this.#drafts.stage(id, origin, options)
  }

  async secure(
    id: string,
    { adminVerifier }: { adminVerifier: string },
  ): Promise<{ lostPasswords: string[] }> {
    requireVerifier(adminVerifier)
    return this.#drafts.secure(id, adminVerifier)
  }

  publish(id: string): Promise<void> {
    return this.#drafts.publish(id)
  }

  discard(id: string): Promise<void> {
    return this.#drafts.discard(id)
  }

  async earliestRestorable(): Promise<Date | null> {
    return null
  }

  async backup(): Promise<BackupFacts> {
    throw notYet()
  }

  async verifyBackup(): Promise<void> {
    throw notYet()
  }

  async deleteBackup(): Promise<void> {}

  async retire(id: string): Promise<void> {
    await this.stop(id)
  }

  async revive(): Promise<void> {}

  isRunning(id: string): boolean {
    return this.#servers.find(id) !== undefined
  }

  async close(): Promise<void> {
    this.#drafts.close()
    await this.#pool.close()
    await this.#servers.close()
    tidySockets(this.#placement)
  }
}

const notYet = () => new EngineError('unsupported', NOT_YET.reason)

async function setVerifier(server: RunningServer, verifier: string): Promise<void> {
  await asSuperuser(server.socketFolder, 'template1', (client) =>
    client.query(`alter role admin password '${verifier}'`),
  )
}

function requireVerifier(verifier: string): void {
  if (!SCRAM_VERIFIER.test(verifier)) throw new EngineError('failed', 'not a SCRAM-SHA-256 verifier')
}
