/** The route that shows what a database is at. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { DatabaseEngine, RunningDatabase } from '@db9/engine'
import type { ROUTES } from '@db9/types'
import { requireActive } from '../databases/store.ts'
import { ApiError } from '../errors.ts'
import { bind } from '../http/bind.ts'
import type { Handler } from '../http/call.ts'
import { type OwnStatementDeps, ownStatements, type RunOwn } from '../sql/own-statement.ts'
import {
  COUNTERS_SQL,
  COUNTERS_WITHOUT_STATEMENTS_SQL,
  type Counters,
  countersSchema,
  type Reading,
  type Window,
  windowBetween,
} from './counters.ts'
import { LEAST_MS, type Readings } from './readings.ts'
import type { StorageSizes } from './storage.ts'
import { toAsleep, toAwake } from './view.ts'

export interface ObservabilityDeps extends OwnStatementDeps {
  engine: Pick<DatabaseEngine, 'connect' | 'peek' | 'restoreLogins'>
  readings: Readings
  storageSizes: StorageSizes
  clock: () => number
}

const getObservability: Handler<typeof ROUTES.getObservability, ObservabilityDeps> = async (deps, call) => {
  const { caller, database, request } = call
  requireActive(database)
  const storageBytes = await deps.storageSizes.of(database.id)
  const running = deps.engine.peek(database.id)
  if (!running) return { status: 200, body: toAsleep(storageBytes) }
  try {
    const seen = await deps.tokenUses.whileValid(caller, request, (signal) => {
      const account = caller.customerId
      return deps.sqlQueue.run({ databaseId: database.id, account }, signal, () =>
        look(
          deps,
          { databaseId: database.id, running },
          ownStatements(deps, running, { databaseId: database.id, account, signal }),
        ),
      )
    })
    return { status: 200, body: toAwake({ ...seen, storageBytes }) }
  } catch (error) {
    // It may have gone to sleep meanwhile.
    if (deps.engine.peek(database.id)) throw error
    return { status: 200, body: toAsleep(storageBytes) }
  }
}

/** Two readings, of which the first may be from an earlier look. */
async function look(
  { readings, clock }: ObservabilityDeps,
  { databaseId, running }: { databaseId: string; running: RunningDatabase },
  run: RunOwn,
): Promise<{ counters: Counters; window: Window | null }> {
  const read = async (): Promise<Reading> => {
    const counters = await readCounters(run)
    const reading = { at: clock(), epoch: running.epoch, counters }
    readings.add(databaseId, reading)
    return reading
  }
  const known = readings.begin(databaseId, running.epoch, clock())
  const first = known ?? (await read())
  if (!known) await sleep(LEAST_MS)
  const last = await read()
  return { counters: last.counters, window: windowBetween(first, last) }
}

const ABSENT: ReadonlySet<string | undefined> = new Set(['42P01', '42883', '3F000'])

async function readCounters(run: RunOwn): Promise<Counters> {
  const read = async (query: typeof COUNTERS_SQL) =>
    (await run([query], { readOnly: true })).as(countersSchema)
  try {
    return await read(COUNTERS_SQL)
  } catch (error) {
    if (!(error instanceof ApiError) || !ABSENT.has(error.fields.code)) throw error
    return read(COUNTERS_WITHOUT_STATEMENTS_SQL)
  }
}

export function observabilityHandlers(deps: ObservabilityDeps) {
  return bind(deps, { getObservability })
}
