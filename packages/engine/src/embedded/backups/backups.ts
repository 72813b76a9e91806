/** Makes, checks, restores and removes the backups of a store. */
import { Readable } from 'node:stream'
import { isId } from '@db9/types/ids'
import type { BackupFacts } from '../../contract/backups.ts'
import type { WorkOptions } from '../../contract/copies.ts'
import { EngineError } from '../../errors.ts'
import { makeServerFolder } from '../cluster/own-folders.ts'
import type { Placement } from '../cluster/placement.ts'
import { type Bound, quotaBound } from '../copies/copy-bounds.ts'
import { toCopyError } from '../copies/failures.ts'
import type { CopyFacts } from '../copies/running-source.ts'
import type { CopySink } from '../copies/sink.ts'
import { copySource, type Source } from '../copies/source.ts'
import { type DataFacts, type Manifest, readManifest } from './manifest.ts'
import { mostLength } from './pack-budget.ts'
import { Packing } from './packing.ts'
import type { BackupStore } from './store.ts'
import { readStored } from './unpacking.ts'

const MANIFEST = 'manifest.json'
const DATA = 'data.tar.zst'
const BACKUP_FAILED = 'the database could not be backed up'
const READ_FAILED = 'the backup could not be read'

/** The backups of a store: each is whole, which its manifest says that is written last, or it is absent. */
export class Backups {
  readonly #placement: Placement
  readonly #store: BackupStore

  constructor(placement: Placement, store: BackupStore) {
    this.#placement = placement
    this.#store = store
  }

  /** Streams a copy into the store, reads it back, and only then says that it is there. One that is there stays. */
  async make(
    source: Source,
    { databaseId, backupId }: BackupIds,
    options: WorkOptions,
  ): Promise<BackupFacts> {
    try {
      const found = await this.#find(backupId)
      if (found) return toFacts(found.manifest, found)
      await this.remove(backupId)
      const { facts, data } = await this.#upload(source, backupId, options)
      const manifest: Manifest = {
        format: 1,
        databaseId,
        engineVersion: this.#placement.postgres.version,
        startedAt: facts.startedAt.toISOString(),
        completedAt: facts.completedAt.toISOString(),
        lsn: facts.lsn,
        data,
      }
      await this.#check(backupId, manifest, options.signal)
      await this.#store.put(`${backupId}/${MANIFEST}`, Readable.from([JSON.stringify(manifest, null, 2)]))
      const stored = await this.#read(backupId)
      return toFacts(stored.manifest, stored)
    } catch (error) {
      await this.remove(backupId).catch(() => {})
      throw toCopyError(error, BACKUP_FAILED)
    }
  }

  /** Throws `corrupt` where it is not what was written, `not_found` where it is absent. */
  async verify(backupId: string, { signal }: WorkOptions): Promise<void> {
    try {
      const { manifest } = await this.#read(backupId)
      await this.#check(backupId, manifest, signal)
    } catch (error) {
      throw toCopyError(error, READ_FAILED)
    }
  }

  /** Its files in a new data directory, checked. What they take there the caller bounds. */
  async restore(
    backupId: string,
    data: string,
    { diskQuotaBytes, signal }: { diskQuotaBytes: number | null; signal: AbortSignal },
  ): Promise<void> {
    const { manifest } = await this.#read(backupId)
    if (diskQuotaBytes !== null) await requireFit(manifest.data, quotaBound(diskQuotaBytes))
    makeServerFolder(data, null)
    await readStored(await this.#data(backupId), { expected: manifest.data, into: data }, signal)
  }

  async remove(backupId: string): Promise<void> {
    const keys = await this.#store.list(`${backupId}/`)
    // First what makes it whole.
    const isManifest = (key: string) => key === `${backupId}/${MANIFEST}`
    for (const key of keys.sort((a, b) => Number(isManifest(b)) - Number(isManifest(a)))) {
      await this.#store.remove(key)
    }
  }

  /** Ids of the whole ones, and of those of which a crash left a part. */
  async list(): Promise<{ whole: string[]; partial: string[] }> {
    const keys = await this.#store.list('')
    // What else lies in the place, the operator's own, is neither counted nor touched.
    const ids = [...new Set(keys.map((key) => key.split('/')[0] ?? ''))].filter((id) => isId('backup', id))
    const whole = ids.filter((id) => keys.includes(`${id}/${MANIFEST}`))
    return { whole, partial: ids.filter((id) => !whole.includes(id)) }
  }

  async #upload(
    source: Source,
    backupId: string,
    { signal, onProgress }: WorkOptions,
  ): Promise<{ facts: CopyFacts; data: DataFacts }> {
    const upload = new Upload(this.#store, `${backupId}/${DATA}`, signal)
    const watch = setInterval(
      () => onProgress?.({ done_bytes: upload.bytes, total_bytes: null }),
      PROGRESS_MS,
    )
    try {
      const facts = await copySource(source, upload, { signal })
      return { facts, data: await upload.finish() }
    } catch (error) {
      const { failure } = upload
      await upload.discard()
      throw failure ?? error
    } finally {
      clearInterval(watch)
    }
  }

  async #check(backupId: string, { data }: Manifest, signal: AbortSignal | undefined): Promise<void> {
    await readStored(await this.#data(backupId), { expected: data, into: null }, signal)
  }

  async #data(backupId: string): Promise<Readable> {
    return (await this.#store.get(`${backupId}/${DATA}`)) ?? absent()
  }

  async #read(backupId: string) {
    return (await this.#find(backupId)) ?? absent()
  }

  async #find(backupId: string) {
    const content = await this.#store.get(`${backupId}/${MANIFEST}`)
    return content && readManifest(content)
  }
}

export interface BackupIds {
  databaseId: string
  backupId: string
}

const PROGRESS_MS = 500

/** A pack on its way into the store; begun anew with the copy. */
class Upload implements CopySink {
  readonly #store: BackupStore
  readonly #key: string
  readonly #signal: AbortSignal | undefined
  #packing: Packing | undefined
  #stored: Promise<number> | undefined
  /** Why the store took no more. */
  failure: unknown

  constructor(store: BackupStore, key: string, signal: AbortSignal | undefined) {
    this.#store = store
    this.#key = key
    this.#signal = signal
  }

  get bytes(): number {
    return this.#packing?.fileBytes ?? 0
  }

  data(from: string): Promise<void> {
    this.#signal?.throwIfAborted()
    const packing = new Packing(from, this.#signal)
    this.#packing = packing
    this.#stored = this.#store.put(this.#key, packing.content)
    this.#stored.catch((error: unknown) => {
      this.failure = error
      void packing.discard()
    })
    return packing.data(from)
  }

  wal(data: string, names: string[]): Promise<void> {
    return this.#begun().wal(data, names)
  }

  label(text: string): Promise<void> {
    return this.#begun().label(text)
  }

  async finish(): Promise<DataFacts> {
    const facts = await this.#begun().end()
    await this.#stored
    return facts
  }

  async discard(): Promise<void> {
    await this.#packing?.discard()
    await this.#stored?.catch(() => {})
    this.failure = undefined
  }

  #begun(): Packing {
    if (!this.#packing) throw new Error('nothing was packed yet')
    return this.#packing
  }
}

function toFacts(manifest: Manifest, { checksum, bytes }: { checksum: string; bytes: number }): BackupFacts {
  return {
    sizeBytes: manifest.data.bytes + bytes,
    startedAt: new Date(manifest.startedAt),
    completedAt: new Date(manifest.completedAt),
    lsn: manifest.lsn,
    checksum,
    engineVersion: manifest.engineVersion,
  }
}

/** Refuses at once what could not fit: what is packed is never longer than what was. */
async function requireFit({ bytes, fileBytes }: DataFacts, { mostBytes, refusal }: Bound): Promise<void> {
  const most = await mostBytes()
  if (bytes > most || fileBytes > mostLength(most)) throw refusal
}

function absent(): never {
  throw new EngineError('not_found', 'there is no such backup, or it was not finished')
}
