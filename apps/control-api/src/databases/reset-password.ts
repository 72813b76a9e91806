/** The route that gives admin a new password. */
import type { Credentials, ROUTES } from '@db9/types'
import type { Kysely } from 'kysely'
import { auditDatabase } from '../audit/audit.ts'
import type { Encryption } from '../encryption.ts'
import type { Handler } from '../http/call.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { Tables } from '../metadata/tables.ts'
import { beginJob } from '../operations/begin.ts'
import { bodyOf } from '../operations/outcome.ts'
import { sealAdminPassword } from './admin-password.ts'
import { newPassword } from './passwords.ts'
import type { ResetPasswordInput } from './reset-password.job.ts'
import { lockOwnDatabase, requireActive } from './store.ts'

export interface ResetPasswordDeps {
  db: Kysely<Tables>
  jobs: Jobs
  encryption: Encryption
}

/** One transaction (the new password, sealed; audit; job) → Postgres → the sessions of the old password end. */
export const resetPassword: Handler<typeof ROUTES.resetPassword, ResetPasswordDeps> = async (
  { db, jobs, encryption },
  { caller, database, request },
) => {
  const input: ResetPasswordInput = {
    sealedPassword: sealAdminPassword(encryption, database.id, newPassword()),
  }
  const job = await db.transaction().execute(async (trx) => {
    requireActive(await lockOwnDatabase(trx, caller, database.id))
    const begun = await beginJob(trx, jobs, {
      kind: 'reset_password',
      customerId: caller.customerId,
      databaseId: database.id,
      input,
      idempotencyId: request.idempotencyId,
      now: request.now,
    })
    await auditDatabase(trx, { caller, request }, 'reset_password', database, 'credentials')
    return begun
  })
  const outcome = await jobs.run(job)
  return { status: 200, body: bodyOf<Credentials>(job, outcome, 'the password is not set') }
}
