/** Opens a session with a database's server, which may have to wake first. */
import { type ConnectReply, DATA_LOGINS, READER, type StorageState } from '@db9/types/internal'
import { outOfStorage, unavailable } from '../errors.ts'
import type { Directory } from './directory.ts'

const RETRY_LIMIT_MS = 15_000
const RETRY_MS = 25

const OWNER = 'admin'
/** Beside the owner itself: through which the REST API acts for it, who only reads, and the data plane, whose sessions then only read. */
const ADMITTED: ReadonlySet<string> = new Set([OWNER, 'db9_admin', READER, ...Object.values(DATA_LOGINS)])

/** Throws a `ProxyError` 53100 where the role may not connect in this state of the database's disk. */
export function requireAdmitted(role: string, storage: StorageState): void {
  if (storage === 'closed') throw outOfStorage(`its sessions went on writing; try again in a moment`)
  if (storage === 'admin_only' && !ADMITTED.has(role)) throw outOfStorage(`only ${OWNER} may connect`)
}

/** What a failure to open means. */
export interface OpenFailures {
  isTransient(error: unknown): boolean
  isLoginRefused(error: unknown): boolean
}

const LOGIN_CHANGED =
  'SQL in the database goes on changing the password of a login of the service; end its sessions and try again in a few seconds'

/**
 * Opens something with a database's server. One that was stopped since its address was asked for, or is just stopping,
 * starting or recovering, is asked for anew: the caller waits, and learns of it only where that takes too long. A login of the
 * service's own that a session of it has changed is restored, once.
 */
export async function openAwake<T>(
  directory: Directory,
  { databaseId, role }: { databaseId: string; role: string },
  open: (reply: ConnectReply) => Promise<T>,
  { isTransient, isLoginRefused }: OpenFailures,
): Promise<T> {
  let isRestored = false
  for (const end = Date.now() + RETRY_LIMIT_MS; ; ) {
    const reply = await directory.find(databaseId, role)
    try {
      return await open(reply)
    } catch (error) {
      if (reply.logins[role] !== undefined && isLoginRefused(error)) {
        if (isRestored) throw unavailable(LOGIN_CHANGED)
        isRestored = true
        await directory.restoreLogins(databaseId, role)
        continue
      }
      if (!isTransient(error) || Date.now() > end) throw error
      directory.forget(databaseId, reply.epoch)
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
  }
}
