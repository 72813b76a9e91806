/** The catalog of a database as one isolate keeps it: read once per schema version, and at least once a minute. */
import { type Catalog, catalogBatch, parseCatalog, versionBatch } from '@db9/query'
import type { Lru } from '../lru.ts'
import type { Executor, RunOptions } from './execute.ts'

export interface CatalogEntry {
  catalog: Catalog
  /** What it was parsed from. */
  text: string
  readAt: number
  /** Until then, a read in the background counts as on its way. */
  readingUntil: number
}

export interface CatalogDeps {
  entries: Lru<CatalogEntry>
  executor: Executor
  requestId: string
  now(): number
  waitUntil(work: Promise<unknown>): void
}

/** The owner can move the wall between roles; the roles that can be reached are part of the catalog. */
const MAX_AGE_MS = 60_000
/** Read again in the background before requests have to wait for it. */
const REFRESH_MS = 40_000
const READ_TIMEOUT_MS = 30_000

export async function findCatalog(databaseId: string, deps: CatalogDeps): Promise<Catalog> {
  const entry = deps.entries.get(databaseId)
  const now = deps.now()
  if (!entry || now - entry.readAt > MAX_AGE_MS) return readCatalog(databaseId, deps)
  if (now - entry.readAt > REFRESH_MS && now > entry.readingUntil) {
    entry.readingUntil = now + READ_TIMEOUT_MS
    deps.waitUntil(readCatalog(databaseId, deps).catch(() => undefined))
  }
  return entry.catalog
}

/** A catalog of another version than `stale`: the one another request read since, or one read now. */
export async function findNewerCatalog(
  databaseId: string,
  stale: Catalog,
  deps: CatalogDeps,
): Promise<Catalog> {
  const entry = deps.entries.get(databaseId)
  return entry && entry.catalog.version !== stale.version ? entry.catalog : readCatalog(databaseId, deps)
}

/**
 * The catalog as it is now, or null where `known` still is: for a request that `known` has no place for, since what it
 * names may have been made a moment ago. Asking for the version alone is one short round trip.
 */
export async function findChangedCatalog(
  databaseId: string,
  known: Catalog,
  deps: CatalogDeps,
): Promise<Catalog | null> {
  const { row } = await deps.executor.run(databaseId, versionBatch(), readOptions(deps))
  const [version] = row
  return version === known.version ? null : findNewerCatalog(databaseId, known, deps)
}

async function readCatalog(databaseId: string, deps: CatalogDeps): Promise<Catalog> {
  const readAt = deps.now()
  const { row } = await deps.executor.run(databaseId, catalogBatch(), readOptions(deps))
  const [text] = row
  if (typeof text !== 'string') throw new Error('the catalog came back empty')
  const known = deps.entries.get(databaseId)
  // The same text is the same catalog: what was planned on it stays good.
  const catalog = known?.text === text ? known.catalog : parseCatalog(text)
  deps.entries.set(databaseId, { catalog, text, readAt, readingUntil: 0 })
  return catalog
}

function readOptions({ requestId, waitUntil }: CatalogDeps): RunOptions {
  return { timeoutMs: READ_TIMEOUT_MS, streamedColumn: null, requestId, waitUntil }
}
