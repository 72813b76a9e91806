/** Keeps the roles of a server as they are while statements run that must not change them. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { RoleHold } from '../../contract/connect.ts'
import { EngineError } from '../../errors.ts'
import type { ServerAccess } from '../process/running-server.ts'
import { asSuperuser } from './superuser.ts'

const LOCK_LIMIT = '2s'
const LOOK_MS = 50
const END_LIMIT_MS = 10_000

/** Every change of a role or a membership waits for this lock, in all sessions and as all roles. */
const LOCK_SQL = `
  begin;
  set local lock_timeout = '${LOCK_LIMIT}';
  lock table pg_authid, pg_auth_members in share mode`

const WAITS_SQL = `
  select from pg_locks
   where pid = $1 and not granted and locktype = 'relation'
     and relation in ('pg_authid'::regclass, 'pg_auth_members'::regclass)`

/**
 * Takes the hold. `restart` is called where a session does not end, or where the hold is lost before it has ended: the change
 * that the session waits for must never be made. Rejects with `unavailable` while another session changes a role.
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

  // Ends with the server, and not by the server's signal: else a session that waits for the lock would go on until the stop.
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
    // The session has to be gone before the lock is: it could wait for the lock.
    if (session === null) return
    await client.query('select pg_terminate_backend($1, $2)', [session, END_LIMIT_MS])
    const { rowCount } = await client.query('select from pg_stat_activity where pid = $1', [session])
    if (rowCount !== 0) await restart()
  })
  holding.catch(async (error) => {
    // The hold may be lost, while a session that must not change roles may still run.
    if (isHeld) await restart().catch(() => {})
    held.reject(error)
  })
  return held.promise
}
