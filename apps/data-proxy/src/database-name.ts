/** Whether a name that a client asks for means the database itself. */
import type { ConnectReply } from '@db9/types/internal'

/** How a client logs in, and the name of the database that it asks for. */
export interface Asked {
  database: string
  user: string
  databaseId: string
}

/** Whether a name means the physical database, as far as that is known without asking for it. */
export function isPlainlyItself({ database, user, databaseId }: Asked): boolean {
  return ['postgres', databaseId, user].includes(database)
}

/** Whether a name means the physical database: also by its own name. Others are databases that the owner made beside it. */
export function isItself(asked: Asked, reply: Pick<ConnectReply, 'database' | 'name'>): boolean {
  return isPlainlyItself(asked) || asked.database === reply.database || asked.database === reply.name
}
