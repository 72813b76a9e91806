/** Makes copies in steps that can be repeated, until each is put in its place. */
import { existsSync } from 'node:fs'
import type { CopyOrigin, StageOptions } from '../../contract/copies.ts'
import { EngineError } from '../../errors.ts'
import { archiveLimit } from '../../settings.ts'
import type { ArchiveMaintainer } from '../archive/archive-maintainer.ts'
import type { Backups } from '../backups/backups.ts'
import { publishFolder, run } from '../cluster/files.ts'
import { makeFolder } from '../cluster/own-folders.ts'
import type { Placement } from '../cluster/placement.ts'
import { removeServerFolder, removeServerTree } from '../cluster/removal.ts'
import { type ServerFiles, serverFiles } from '../cluster/server-files.ts'
import type { ServerRegistry } from '../process/server-registry.ts'
import { endSurvivor } from '../process/survivors.ts'
import { asSuperuser } from '../sql/superuser.ts'
import { keepVerifiersOf } from '../sql/verifiers.ts'
import { type BoundedFolder, quotaBound, sourceBound, withinBounds } from './copy-bounds.ts'
import { FolderSink, giveToNewOwner } from './data-files.ts'
import { emptyDatabases } from './empty.ts'
import { toCalledOff, toCopyError } from './failures.ts'
import { describeOrigin, readOrigin, writeOrigin } from './origin.ts'
import { copyAtPointInTime } from './point-in-time.ts'
import { recover, withStagedServer } from './recovery.ts'
import {
  dropSubscriptions,
  endSegment,
  listPasswords,
  openAllDatabases,
  replacePasswords,
} from './reset-secrets.ts'
import { copySource } from './source.ts'

const COPY_FAILED = 'the database could not be copied'

export interface StagedCopiesParts {
  servers: ServerRegistry
  maintainer: ArchiveMaintainer
  backups: Backups
}

/** Copies in folders named `<id>.tmp`, which no client reaches until `publish` renames them to `<id>`. */
export class StagedCopies {
  readonly #placement: Placement
  readonly #servers: ServerRegistry
  readonly #maintainer: ArchiveMaintainer
  readonly #backups: Backups
  readonly #closing = new AbortController()

  constructor(placement: Placement, { servers, maintainer, backups }: StagedCopiesParts) {
    this.#placement = placement
    this.#servers = servers
    this.#maintainer = maintainer
    this.#backups = backups
  }

  /** Cancels what is being copied. */
  close(): void {
    this.#closing.abort()
  }

  stage(id: string, origin: CopyOrigin, { signal, diskQuotaBytes = null }: StageOptions): Promise<void> {
    const given = signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal
    return this.#onStaged(id, async (staged) => {
      const of = describeOrigin(origin)
      const found = readOrigin(staged.folder)
      if (this.#servers.exists(id) || (found?.kind === 'copy' && found.of === of)) return
      await this.#clear(staged)
      makeFolder(staged.folder, null)
      try {
        const room = this.#roomFor(staged, origin, diskQuotaBytes)
        await withinBounds(room, given, (ending) => this.#fill(staged, { origin, diskQuotaBytes }, ending))
      } catch (error) {
        const isCalledOff = given.aborted
        await this.#clear(staged).catch((failure: unknown) => {
          // What was ended just now may still write there. The next attempt begins by clearing it.
          if (!isCalledOff) throw failure
        })
        throw isCalledOff ? toCalledOff(error, COPY_FAILED) : error
      }
      await syncAll(staged.folder)
      const hasData = origin.kind === 'backup' || origin.data
      const keep = origin.kind === 'database' && origin.keep ? { keep: origin.keep } : {}
      writeOrigin(staged.folder, {
        kind: 'copy',
        of,
        hasData,
        ...keep,
        lostPasswords: null,
        isSecured: false,
      })
      await syncAll(staged.folder)
    })
  }

  resetSecrets(id: string, adminVerifier: string): Promise<{ lostPasswords: string[] }> {
    return this.#onStaged(id, async (staged) => {
      const folder = existsSync(staged.folder) ? staged.folder : this.#servers.files(id).folder
      const origin = readOrigin(folder)
      if (origin?.kind !== 'copy') throw noStagedCopy()
      if (origin.isSecured) return { lostPasswords: origin.lostPasswords ?? [] }
      const lostPasswords = await withStagedServer(
        this.#placement,
        staged,
        async (server) => {
          const lost = origin.lostPasswords ?? (await listPasswords(server))
          // Before they are gone: a repeat finds none.
          writeOrigin(folder, { ...origin, lostPasswords: lost })
          await replacePasswords(server, adminVerifier, lost)
          await openAllDatabases(server)
          await dropSubscriptions(server)
          if (!origin.hasData) await emptyDatabases(server, origin.keep ?? [])
          await endSegment(server)
          await asSuperuser(server, 'template1', (client) => keepVerifiersOf(client, staged))
          return lost
        },
        // TRUNCATE locks every table of a database at once.
        {
          overrides: origin.hasData ? {} : { max_locks_per_transaction: '4096' },
          signal: this.#closing.signal,
        },
      )
      await syncAll(folder)
      writeOrigin(folder, { ...origin, lostPasswords, isSecured: true })
      await syncAll(folder)
      return { lostPasswords }
    })
  }

  publish(id: string): Promise<void> {
    return this.#onStaged(id, async (staged) => {
      const { folder } = this.#servers.files(id)
      if (existsSync(folder)) return
      const origin = readOrigin(staged.folder)
      if (origin?.kind !== 'copy') throw noStagedCopy()
      if (!origin.isSecured) throw new EngineError('failed', 'the copy still has the passwords of its source')
      await publishFolder(staged.folder, folder)
      // Points in time of the new database begin with its first base.
      void this.#maintainer.maintain(id)
    })
  }

  discard(id: string): Promise<void> {
    return this.#onStaged(id, (staged) => this.#clear(staged))
  }

  /** Copied and recovered; stopped. */
  async #fill(
    staged: ServerFiles,
    { origin, diskQuotaBytes }: { origin: CopyOrigin; diskQuotaBytes: number | null },
    signal: AbortSignal,
  ): Promise<void> {
    if (origin.kind === 'backup') {
      await this.#backups.restore(origin.backupId, staged.data, { diskQuotaBytes, signal })
      await giveToNewOwner(this.#placement, staged.data)
      const plan = { archive: null, target: null, quotaBytes: diskQuotaBytes, signal }
      return recover(this.#placement, staged, plan)
    }
    if (!this.#servers.exists(origin.id)) {
      throw new EngineError('not_found', 'the source has no data on this machine')
    }
    const source = this.#servers.source(origin.id)
    const settings = this.#servers.settings(origin.id)
    const quotaBytes = largest(settings.diskQuotaBytes, diskQuotaBytes)
    if (origin.at === 'now') {
      await copySource(source, new FolderSink(this.#placement, staged.data, { signal }), { signal })
      await giveToNewOwner(this.#placement, staged.data)
      await recover(this.#placement, staged, { archive: null, target: null, quotaBytes, signal })
    } else {
      const limitBytes = archiveLimit(settings)
      const { at, micros = 0 } = origin
      const plan = { at, micros, limitBytes, quotaBytes, inbox: this.#maintainer.inbox, signal }
      await this.#maintainer.whilePinned(origin.id, () =>
        copyAtPointInTime(this.#placement, source, staged, plan),
      )
    }
  }

  /** A staged copy without data is as large as its source before it is emptied. */
  #roomFor({ folder }: ServerFiles, origin: CopyOrigin, diskQuotaBytes: number | null): BoundedFolder {
    const hasQuota = diskQuotaBytes !== null && (origin.kind === 'backup' || origin.data)
    const bounds = hasQuota ? [quotaBound(diskQuotaBytes)] : []
    const { reserveBytes } = this.#placement
    if (origin.kind === 'backup') return { folder, bounds, reserveBytes }
    const files = this.#servers.files(origin.id)
    // A copy of a point in time is made from a base and the log since.
    const source = sourceBound([origin.at === 'now' ? files.data : files.folder])
    return { folder, bounds: [...bounds, source], reserveBytes }
  }

  /** Its socket lies where the database's own will: the two never run at once, and a socket's path has to be short. */
  #onStaged<T>(id: string, work: (staged: ServerFiles) => Promise<T>): Promise<T> {
    const staged = {
      ...serverFiles(this.#placement, `${id}.tmp`),
      socketFolder: this.#servers.files(id).socketFolder,
    }
    return this.#servers.inTurn(id, async () => {
      try {
        return await work(staged)
      } catch (error) {
        throw toCopyError(error, COPY_FAILED)
      }
    })
  }

  async #clear(staged: ServerFiles): Promise<void> {
    await endSurvivor(staged)
    await removeServerTree(this.#placement, staged.socketFolder)
    await removeServerFolder(this.#placement, staged.folder)
  }
}

/** Of two quotas, of which null is none. */
function largest(source: number | null, own: number | null): number | null {
  return source === null || own === null ? (source ?? own) : Math.max(source, own)
}

/** What was written below a folder, on the disk. */
async function syncAll(folder: string): Promise<void> {
  await run('sync', process.platform === 'linux' ? ['-f', folder] : [])
}

const noStagedCopy = () => new EngineError('not_found', 'there is no copy in the making')
