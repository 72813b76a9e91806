/**
 * The catalog of a database as one isolate keeps it: read once per schema version, and at least once a minute. While it
 * cannot be read, the last one serves on: a statement carries the version of its catalog, and Postgres refuses any other.
 */
import { type Catalog, catalogBatch, parseCatalog, type QueryError, versionBatch } from '@db9/query'
import type { Lru } from '../lru.ts'
import { refusals } from '../refusals.ts'
import type { Executor, PostgresError, RunOptions } from './execute.ts'

export interface CatalogEntry {
  catalog: Catalog
  /** What it was parsed from. */
  text: string
  readAt: number
  /** Until then, a read in the background counts as on its way. */
  readingUntil: number
  /** A read has failed; until then none is waited for. */
  failingUntil: number
}

export interface CatalogDeps {
  entries: Lru<CatalogEntry>
  executor: Executor
  requestId: string
  now(): number
  waitUntil(work: Promise<unknown>): void
  /** How long a request waits for a read that it could do without, where it is not the usual. */
  patienceMs?: number
}

/** The owner can move the wall between roles; the roles that can be reached are part of the catalog. */
const MAX_AGE_MS = 60_000
/** Read again in the background before requests have to wait for it. */
const REFRESH_MS = 40_000
const READ_TIMEOUT_MS = 30_000
/** While reads fail, the last one serves no longer than this: roles change without a new version. */
const MAX_STALE_MS = 5 * 60_000
/** How long a request waits for a read that it could do without. */
const PATIENCE_MS = 2_000
/** How long after a failed read the next one is waited for. */
const FAILING_MS = 5_000

export async function findCatalog(databaseId: string, deps: CatalogDeps): Promise<Catalog> {
  const entry = deps.entries.get(databaseId)
  const now = deps.now()
  if (!entry || now - entry.readAt > MAX_STALE_MS) return readCatalog(databaseId, deps)
  if (now - entry.readAt > MAX_AGE_MS && now > entry.failingUntil) return readOrKeep(databaseId, entry, deps)
  if (now - entry.readAt > REFRESH_MS && now > entry.readingUntil) {
    entry.readingUntil = now + READ_TIMEOUT_MS
    deps.waitUntil(readCatalog(databaseId, deps).catch(() => undefined))
  }
  return entry.catalog
}

/** The catalog as it is now, or the last one where that cannot be read soon; the read then goes on in the background. */
async function readOrKeep(databaseId: string, known: CatalogEntry, deps: CatalogDeps): Promise<Catalog> {
  const read = readCatalog(databaseId, deps)
  deps.waitUntil(read.catch(() => undefined))
  let timer: ReturnType<typeof setTimeout> | null = null
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), deps.patienceMs ?? PATIENCE_MS)
  })
  const catalog = await Promise.race([read.catch(() => null), late])
  clearTimeout(timer)
  if (catalog === null) known.failingUntil = deps.now() + FAILING_MS
  return catalog ?? known.catalog
}

/** Codes of Postgres for a statement that had to wait for too long. */
const WAITED: ReadonlySet<string> = new Set(['55P03', '57014'])

/** What an error of a read of the catalog is to a request that cannot do without. */
export function toCatalogRefusal({ fields }: PostgresError): QueryError {
  return WAITED.has(fields.code ?? '') ? refusals.catalogLocked() : refusals.databaseAway()
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
  deps.entries.set(databaseId, { catalog, text, readAt, readingUntil: 0, failingUntil: 0 })
  return catalog
}

function readOptions({ requestId, waitUntil }: CatalogDeps): RunOptions {
  return { timeoutMs: READ_TIMEOUT_MS, streamedColumn: null, requestId, waitUntil }
}
