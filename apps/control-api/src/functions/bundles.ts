/** Bundles: the code of functions, kept by its digest for as long as a version names it. */
import { createHash } from 'node:crypto'
import { FUNCTION_LIMITS } from '@db9/types'
import type { Kysely, Transaction } from 'kysely'
import { sql } from 'kysely'
import { ApiError, unprocessable } from '../errors.ts'
import type { Tables } from '../metadata/tables.ts'

/** How a request names its code. */
export type BundleRef = { kind: 'inline'; bytes: Buffer } | { kind: 'stored'; digest: string }

const DATA_URL = /^data:[^,]{0,255}?(;base64)?,/i

/** Reads `bundle_ref`. Throws 422 for what this service does not take. */
export function parseBundleRef(text: string): BundleRef {
  const digest = /^bundle:\/\/(sha256:[0-9a-f]{64})$/.exec(text)?.[1]
  if (digest !== undefined) return { kind: 'stored', digest }
  const data = DATA_URL.exec(text)
  if (!data)
    throw unprocessable(
      'bundle_ref',
      'must be a data: URL, or bundle://sha256:<hex> of an upload to /bundles',
    )
  const bytes =
    data[1] === undefined ? decodeText(text.slice(data[0].length)) : decodeBase64(text.slice(data[0].length))
  return { kind: 'inline', bytes: requireSize(bytes) }
}

function decodeText(text: string): Buffer {
  try {
    return Buffer.from(decodeURIComponent(text), 'utf8')
  } catch {
    throw unprocessable('bundle_ref', 'is not percent-encoded UTF-8; use data:;base64,')
  }
}

function decodeBase64(text: string): Buffer {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw unprocessable('bundle_ref', 'is not base64')
  return Buffer.from(text, 'base64')
}

function requireSize(bytes: Buffer): Buffer {
  if (bytes.length === 0) throw unprocessable('bundle_ref', 'the bundle is empty')
  if (bytes.length > FUNCTION_LIMITS.bundleBytes)
    throw unprocessable('bundle_ref', `a bundle is at most ${FUNCTION_LIMITS.bundleBytes} bytes`)
  return bytes
}

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/**
 * Keeps a bundle for a database, and gives its digest. What no version names makes room for it, the oldest first; 422 where that is not
 * enough.
 */
export async function storeBundle(
  db: Kysely<Tables>,
  databaseId: string,
  bytes: Buffer,
  now: number,
): Promise<string> {
  const digest = digestOf(requireSize(bytes))
  await db.transaction().execute(async (trx) => {
    await lockBundles(trx, databaseId)
    await trx
      .insertInto('function_bundles')
      .values({ database_id: databaseId, digest, bytes, size: bytes.length, created_at: new Date(now) })
      .onConflict((conflict) =>
        conflict.columns(['database_id', 'digest']).doUpdateSet({ created_at: new Date(now) }),
      )
      .execute()
    await makeRoom(trx, databaseId, digest)
  })
  return digest
}

/** One at a time for each database: together they keep the limit, and none goes that is about to be named. */
async function lockBundles(trx: Transaction<Tables>, databaseId: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`bundles of ${databaseId}`}, 0))`.execute(trx)
}

async function makeRoom(trx: Transaction<Tables>, databaseId: string, kept: string): Promise<void> {
  const bundles = await trx
    .selectFrom('function_bundles as b')
    .select(['b.digest', 'b.size'])
    .select((eb) =>
      eb
        .exists(
          eb
            .selectFrom('function_versions as v')
            .select('v.id')
            .whereRef('v.database_id', '=', 'b.database_id')
            .whereRef('v.bundle_digest', '=', 'b.digest'),
        )
        .as('is_named'),
    )
    .where('b.database_id', '=', databaseId)
    .orderBy('b.created_at')
    .execute()
  let bytes = bundles.reduce((sum, { size }) => sum + size, 0)
  for (const { digest, size, is_named } of bundles) {
    if (bytes <= FUNCTION_LIMITS.allBundleBytes) return
    if (is_named || digest === kept) continue
    await trx
      .deleteFrom('function_bundles')
      .where('database_id', '=', databaseId)
      .where('digest', '=', digest)
      .execute()
    bytes -= size
  }
  if (bytes > FUNCTION_LIMITS.allBundleBytes)
    throw new ApiError(
      'unprocessable',
      `the bundles of a database are at most ${FUNCTION_LIMITS.allBundleBytes} bytes together; delete a function first`,
    )
}

/** The bundle that a version is about to name, in the transaction that writes the version; 422 where it is gone. */
export async function holdBundle(
  trx: Transaction<Tables>,
  databaseId: string,
  digest: string,
): Promise<void> {
  await lockBundles(trx, databaseId)
  if (!(await hasBundle(trx, databaseId, digest)))
    throw unprocessable('bundle_ref', 'the bundle has made room for others meanwhile; send it again')
}

/** Whether the database has it. */
export async function hasBundle(db: Kysely<Tables>, databaseId: string, digest: string): Promise<boolean> {
  const row = await db
    .selectFrom('function_bundles')
    .select('digest')
    .where('database_id', '=', databaseId)
    .where('digest', '=', digest)
    .executeTakeFirst()
  return row !== undefined
}

/** Its bytes; null where the database has it not. */
export async function readBundle(
  db: Kysely<Tables>,
  databaseId: string,
  digest: string,
): Promise<Buffer | null> {
  const row = await db
    .selectFrom('function_bundles')
    .select('bytes')
    .where('database_id', '=', databaseId)
    .where('digest', '=', digest)
    .executeTakeFirst()
  return row?.bytes ?? null
}
