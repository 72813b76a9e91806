/** Keeps the roles of a server as they are while somebody's statements run that may not change them. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { RoleHold } from '../../contract/connect.ts'
import { EngineError } from '../../errors.ts'
import type { ServerAccess } from '../process/running-server.ts'
import { asSuperuser } from './superuser.ts'

const LOCK_LIMIT = '2s'
const LOOK_MS = 50
const END_LIMIT_MS = 10_000

/** Any change of a role or a membership waits for this, whoever makes it and as whom it runs. */
const LOCK_SQL = `
  begin;
  set local lock_timeout = '${LOCK_LIMIT}';
  lock table pg_authid, pg_auth_members in share mode`

const WAITS_SQL = `
  select from pg_locks
   where pid = $1 and not granted and locktype = 'relation'
     and relation in ('pg_authid'::regclass, 'pg_auth_members'::regclass)`

/**
 * Takes the hold. `restart` is called where a session does not end, or the hold is lost before: what it waits for must not
 * be let go.
 * Rejects with `unavailable` while a role is being changed by somebody else.
 */
export function holdRoles(
  { socketFolder, logins }: ServerAccess,
  restart: () => Promise<void>,
): Promise<RoleHold> {
  const held = Promise.withResolvers<RoleHold>()
  const released = Promise.withResolvers<void>()
  let isHeld = false
  let isReleased = false
  let session: number | null = null
  let isRefused = false

  // Not ended by the server's signal, but with the server: else what waits for the lock would go on until that has stopped.
  const holding = asSuperuser({ socketFolder, logins }, 'template1', async (client) => {
    await client.query(LOCK_SQL).catch((cause) => {
      throw new EngineError('unavailable', 'roles of the database are being changed; try again', { cause })
    })
    isHeld = true
    held.resolve({
      watch: (pid) => {
        session = pid
      },
      release: async () => {
        isReleased = true
        released.resolve()
        await holding
        return { isRefused }
      },
    })
    while (!isReleased) {
      await Promise.race([released.promise, sleep(LOOK_MS)])
      if (session === null || isRefused) continue
      const { rowCount } = await client.query(WAITS_SQL, [session])
      if (rowCount === 0) continue
      isRefused = true
      await client.query('select pg_terminate_backend($1)', [session])
    }
    // Nothing of it waits for the lock any more when that goes.
    if (session === null) return
    await client.query('select pg_terminate_backend($1, $2)', [session, END_LIMIT_MS])
    const { rowCount } = await client.query('select from pg_stat_activity where pid = $1', [session])
    if (rowCount !== 0) await restart()
  })
  holding.catch(async (error) => {
    // What was held may be held no more, and whoever may change no role may still be at it.
    if (isHeld) await restart().catch(() => {})
    held.reject(error)
  })
  return held.promise
}
