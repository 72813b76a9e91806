import type { Credentials, ROUTES } from '@db9/types'
import { insertAudit } from '../audit/audit.ts'
import type { Handler } from '../http/call.ts'
import { runOperation } from '../jobs/runner.ts'
import { insertOperation } from '../jobs/store.ts'
import { bodyOf } from '../operations/outcome.ts'
import { newPassword } from './passwords.ts'
import type { ResetPasswordInput } from './reset-password.job.ts'
import { lockOwnDatabase, requireActive } from './store.ts'
import { passwordPlace } from './view.ts'

/** One transaction (the new password, sealed; audit; operation) → Postgres → the old one's sessions end. */
export const resetPassword: Handler<typeof ROUTES.resetPassword> = async (
  services,
  { caller, database, request },
) => {
  const input: ResetPasswordInput = {
    sealedPassword: services.sealer.seal(newPassword(), passwordPlace(database.id)),
  }
  const operation = await services.db.transaction().execute(async (trx) => {
    requireActive(await lockOwnDatabase(trx, caller, database.id))
    const begun = await insertOperation(trx, services, {
      kind: 'reset_password',
      customerId: caller.customerId,
      databaseId: database.id,
      input,
      idempotencyId: request.idempotencyId,
      now: request.now,
    })
    await insertAudit(trx, caller, request, {
      operation: 'reset_password',
      resource: 'credentials',
      id: database.id,
      name: database.name,
      databaseId: database.id,
    })
    return begun
  })
  const outcome = await runOperation(services, operation)
  return { status: 200, body: bodyOf<Credentials>(operation, outcome, 'the password is not set') }
}
