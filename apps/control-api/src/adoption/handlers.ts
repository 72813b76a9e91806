/** The routes by which an account takes over the databases of an anonymous one. */
import type { Adopted, AdoptPreflight, ROUTES } from '@db9/types'
import type { Kysely } from 'kysely'
import { type OpenAccountDeps, openAnonymousAccount } from '../accounts/anonymous.ts'
import type { Caller } from '../auth/caller.ts'
import { LIVE_STATES } from '../databases/store.ts'
import { unprocessable } from '../errors.ts'
import { bind } from '../http/bind.ts'
import type { Handler } from '../http/call.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { Tables } from '../metadata/tables.ts'
import { beginJob } from '../operations/begin.ts'
import { bodyOf } from '../operations/outcome.ts'
import type { AdoptInput } from './adopt.job.ts'

export interface AdoptionDeps extends OpenAccountDeps {
  db: Kysely<Tables>
  jobs: Jobs
}

/** Shows what would be moved to a caller that may open the anonymous account; nothing changes. */
const preflightAdoption: Handler<typeof ROUTES.preflightAdoption, AdoptionDeps> = async (
  deps,
  { caller, body, request },
) => {
  const from = await openOther(deps, caller, request, body)
  const { database_limit } = await deps.db
    .selectFrom('customers')
    .select('database_limit')
    .where('id', '=', caller.customerId)
    .executeTakeFirstOrThrow()
  const [own, theirs] = await Promise.all([
    liveDatabases(deps.db, caller.customerId),
    liveDatabases(deps.db, from.id),
  ])
  const ownNames = new Set(own.map(({ name }) => name))
  const reply: AdoptPreflight = {
    databases: theirs.map(({ id, name, state }) => ({ id, name, state, name_taken: ownNames.has(name) })),
    quota_ok: database_limit === null || own.length + theirs.length <= database_limit,
    current_count: own.length,
    database_limit,
  }
  return { status: 200, body: reply }
}

/** Opens the anonymous account → one job, whose last transaction moves all that can be moved. */
const adoptDatabases: Handler<typeof ROUTES.adoptDatabases, AdoptionDeps> = async (
  deps,
  { caller, body, request },
) => {
  const from = await openOther(deps, caller, request, body)
  const input: AdoptInput = {
    fromCustomerId: from.id,
    databaseIds: body.database_ids,
    tokenId: caller.tokenId,
    address: request.address,
    requestId: request.id,
  }
  const job = await deps.db.transaction().execute((trx) =>
    beginJob(trx, deps.jobs, {
      kind: 'adopt',
      customerId: caller.customerId,
      databaseId: null,
      input,
      idempotencyId: request.idempotencyId,
      now: request.now,
    }),
  )
  const outcome = await deps.jobs.run(job)
  return { status: 200, body: bodyOf<Adopted>(job, outcome, 'the databases are not adopted') }
}

async function openOther(
  deps: AdoptionDeps,
  caller: Caller,
  request: Parameters<typeof openAnonymousAccount>[1],
  body: { anonymous_customer_id: string; anonymous_secret: string },
): Promise<{ id: string }> {
  const { anonymous_customer_id: anonymous_id, anonymous_secret } = body
  const from = await openAnonymousAccount(deps, request, { anonymous_id, anonymous_secret })
  if (from.id === caller.customerId) throw unprocessable('anonymous_customer_id', 'is this account')
  return from
}

function liveDatabases(db: Kysely<Tables>, customerId: string) {
  return db
    .selectFrom('databases')
    .select(['id', 'name', 'state'])
    .where('customer_id', '=', customerId)
    .where('state', 'in', LIVE_STATES)
    .orderBy('id')
    .execute()
}

export function adoptionHandlers(deps: AdoptionDeps) {
  return bind(deps, { preflightAdoption, adoptDatabases })
}
