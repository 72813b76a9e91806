import type { Adopted, AdoptPreflight, ROUTES } from '@db9/types'
import { openAnonymousAccount } from '../accounts/anonymous.ts'
import type { Caller } from '../auth/caller.ts'
import { LIVE_STATES } from '../databases/store.ts'
import { unprocessable } from '../errors.ts'
import type { Handler } from '../http/call.ts'
import { runOperation } from '../jobs/runner.ts'
import { insertOperation } from '../jobs/store.ts'
import { bodyOf } from '../operations/outcome.ts'
import type { Services } from '../services.ts'
import type { AdoptInput } from './adopt.job.ts'

/** Who may open the anonymous account is told what would be moved; nothing changes. */
export const preflightAdoption: Handler<typeof ROUTES.preflightAdoption> = async (
  services,
  { caller, body, request },
) => {
  const from = await openOther(services, caller, request, body)
  const { database_limit } = await services.db
    .selectFrom('customers')
    .select('database_limit')
    .where('id', '=', caller.customerId)
    .executeTakeFirstOrThrow()
  const [own, theirs] = await Promise.all([
    liveDatabases(services, caller.customerId),
    liveDatabases(services, from.id),
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

/** Who may open the anonymous account → one operation, whose last transaction moves all that can be moved. */
export const adoptDatabases: Handler<typeof ROUTES.adoptDatabases> = async (
  services,
  { caller, body, request },
) => {
  const from = await openOther(services, caller, request, body)
  const input: AdoptInput = {
    fromCustomerId: from.id,
    databaseIds: body.database_ids,
    tokenId: caller.tokenId,
    address: request.address,
    requestId: request.id,
  }
  const operation = await services.db.transaction().execute((trx) =>
    insertOperation(trx, services, {
      kind: 'adopt',
      customerId: caller.customerId,
      databaseId: null,
      input,
      idempotencyId: request.idempotencyId,
      now: request.now,
    }),
  )
  const outcome = await runOperation(services, operation)
  return { status: 200, body: bodyOf<Adopted>(operation, outcome, 'the databases are not adopted') }
}

async function openOther(
  services: Services,
  caller: Caller,
  request: Parameters<typeof openAnonymousAccount>[1],
  body: { anonymous_customer_id: string; anonymous_secret: string },
): Promise<{ id: string }> {
  const { anonymous_customer_id: anonymous_id, anonymous_secret } = body
  const from = await openAnonymousAccount(services, request, { anonymous_id, anonymous_secret })
  if (from.id === caller.customerId) throw unprocessable('anonymous_customer_id', 'is this account')
  return from
}

function liveDatabases({ db }: Services, customerId: string) {
  return db
    .selectFrom('databases')
    .select(['id', 'name', 'state'])
    .where('customer_id', '=', customerId)
    .where('state', 'in', LIVE_STATES)
    .orderBy('id')
    .execute()
}
