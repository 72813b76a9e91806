/** Wakes a database for a request. */
import { type DatabaseEngine, EngineError, type RunningDatabase } from '@db9/engine'
import { ApiError } from '../errors.ts'

/** The database as it runs, woken where it sleeps. 503 where it cannot serve now. */
export async function wake(
  engine: Pick<DatabaseEngine, 'connect'>,
  databaseId: string,
): Promise<RunningDatabase> {
  const running = await connect(engine, databaseId)
  if (running.storage !== 'closed') return running
  throw new ApiError(
    'unavailable',
    'the database is over its disk quota, and its sessions went on writing; try again in a moment',
    { fields: { code: '53100' }, retryAfter: 2 },
  )
}

async function connect(
  engine: Pick<DatabaseEngine, 'connect'>,
  databaseId: string,
): Promise<RunningDatabase> {
  try {
    return await engine.connect(databaseId)
  } catch (error) {
    return toUnavailable(error)
  }
}

/** 503 for a failure of the engine. */
export function toUnavailable(error: unknown): never {
  if (!(error instanceof EngineError)) throw error
  if (error.code === 'at_capacity') throw new ApiError('at_capacity', error.message, { retryAfter: 2 })
  throw new ApiError('unavailable', 'the database does not answer', { retryAfter: 2, cause: error })
}
