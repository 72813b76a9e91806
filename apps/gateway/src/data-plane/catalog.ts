/**
 * The catalogs that one isolate keeps: each is read once per schema version, and at least once a minute. While a catalog
 * cannot be read, the last one stays in use: a statement carries the version of its catalog, and Postgres refuses any other.
 */
import { type Catalog, catalogBatch, parseCatalog, type QueryError, versionBatch } from '@db9/query'
import { DATA_LOGINS } from '@db9/types/internal'
import { within } from '@db9/types/within'
import type { Executor, PostgresError, RunOptions } from '../executor/executor.ts'
import { refusals } from '../http/refusals.ts'
import type { Lru } from '../lru.ts'

export interface CatalogEntry {
  catalog: Catalog
  /** The text that the catalog was parsed from. */
  text: string
  readAt: number
  /** Until then, a read in the background counts as pending. */
  readingUntil: number
  /** Until then, no request waits for a read, because the last one failed. */
  failingUntil: number
}

export interface CatalogDeps {
  entries: Lru<CatalogEntry>
  executor: Executor
  requestId: string
  now(): number
  waitUntil(work: Promise<unknown>): void
  /** How long a request waits for a read that it could do without; `PATIENCE_MS` by default. */
  patienceMs?: number
}

/** Without a new schema version the owner can grant roles, and the roles that can be reached are part of the catalog. */
const MAX_AGE_MS = 60_000
/** From this age on, the catalog is read again in the background, before requests have to wait for it. */
const REFRESH_MS = 40_000
const READ_TIMEOUT_MS = 30_000
/** While reads fail, the last catalog is used for no longer than this: roles change without a new version. */
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

/** The catalog as it is now, or the last one where the read takes long; it then goes on in the background. */
async function readOrKeep(databaseId: string, known: CatalogEntry, deps: CatalogDeps): Promise<Catalog> {
  const read = readCatalog(databaseId, deps)
  deps.waitUntil(read.catch(() => undefined))
  const patienceMs = deps.patienceMs ?? PATIENCE_MS
  const catalog = await within(
    patienceMs,
    read.catch(() => null),
    () => null,
  )
  if (catalog === null) known.failingUntil = deps.now() + FAILING_MS
  return catalog ?? known.catalog
}

/** Codes of Postgres for a statement that waited for too long. */
const WAITED: ReadonlySet<string> = new Set(['55P03', '57014'])

/** The refusal where the catalog cannot be read and the request needs it. */
export function toCatalogRefusal({ fields }: PostgresError): QueryError {
  return WAITED.has(fields.code ?? '') ? refusals.catalogLocked() : refusals.databaseUnavailable()
}

/** A catalog of another version than `stale`: one that another request has read since, or one that is read now. */
export async function findNewerCatalog(
  databaseId: string,
  stale: Catalog,
  deps: CatalogDeps,
): Promise<Catalog> {
  const entry = deps.entries.get(databaseId)
  return entry && entry.catalog.version !== stale.version ? entry.catalog : readCatalog(databaseId, deps)
}

/**
 * The catalog as it is now, or null where `known` is up to date. For a request with a name that `known` lacks, which may have
 * been created a moment ago. Asks for the version first, which is one short round trip.
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
  // The same text is the same catalog, so plans made with it stay valid.
  const catalog = known?.text === text ? known.catalog : parseCatalog(text)
  deps.entries.set(databaseId, { catalog, text, readAt, readingUntil: 0, failingUntil: 0 })
  return catalog
}

function readOptions({ requestId, waitUntil }: CatalogDeps): RunOptions {
  return {
    login: DATA_LOGINS.publishable,
    timeoutMs: READ_TIMEOUT_MS,
    streamedColumn: null,
    requestId,
    waitUntil,
  }
}
