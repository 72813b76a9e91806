/** Revokes connect keys, and sees to it that their sessions end. */
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { RevokedCredential } from '../config.ts'
import { ApiError } from '../errors.ts'
import { type EndSessionDeps, endSessionsOf } from '../logins/end-sessions.ts'
import type { Tables } from '../metadata/tables.ts'

export interface RowDeps {
  db: Kysely<Tables>
  clock: () => number
}

export type RevokeDeps = RowDeps & EndSessionDeps

/** 503 where the sessions of a revoked key could not be ended now; the sweep tries again. */
export async function endRevokedKey(deps: RevokeDeps, key: RevokedCredential): Promise<void> {
  try {
    await endSessions(deps, key)
  } catch (cause) {
    throw new ApiError(
      'unavailable',
      'the key is revoked, but its sessions may not have ended yet; the service tries again by itself',
      { retryAfter: 5, cause },
    )
  }
}

/** Keys and tokens of a role that is gone: one that is made anew under its name is another. Its sessions have ended. */
export async function revokeCredentialsOfRole(
  { db, clock }: RowDeps,
  { databaseId, role }: { databaseId: string; role: string },
): Promise<void> {
  const now = new Date(clock())
  await db
    .updateTable('connect_keys')
    .set({ revoked_at: now, ended_at: now })
    .where('database_id', '=', databaseId)
    .where('role', '=', role)
    .where('revoked_at', 'is', null)
    .execute()
  await db
    .deleteFrom('connect_tokens')
    .where('database_id', '=', databaseId)
    .where('role', '=', role)
    .execute()
}

/** Of the sweep: ends what was left when a key was revoked. */
export async function endLeftSessions(deps: RevokeDeps & { log: Logger }): Promise<void> {
  const left = await deps.db
    .selectFrom('connect_keys')
    .select(['id', 'database_id'])
    .where('revoked_at', 'is not', null)
    .where('ended_at', 'is', null)
    .orderBy('revoked_at')
    .limit(MOST_AT_ONCE)
    .execute()
  for (const { id, database_id: databaseId } of left) {
    await endSessions(deps, { id, databaseId }).catch((error: unknown) =>
      deps.log.warn({ err: error, key: id }, 'the sessions of a revoked connect key were not ended'),
    )
  }
}

const MOST_AT_ONCE = 100

async function endSessions(deps: RevokeDeps, key: RevokedCredential): Promise<void> {
  await endSessionsOf(deps, key)
  const ended_at = new Date(deps.clock())
  await deps.db.updateTable('connect_keys').set({ ended_at }).where('id', '=', key.id).execute()
}
