/** The routes of databases. */
import { bind } from '../http/bind.ts'
import { createDatabases } from './batch.ts'
import { type BranchDeps, branchDatabase } from './branch.ts'
import { type ChangeDeps, changeDatabase } from './change.ts'
import { createDatabase, type SingleDeps } from './create.ts'
import { type DeleteDeps, deleteDatabase } from './delete.ts'
import { getCredentials, getDatabase, listDatabases, type ReadDeps } from './read.ts'
import { type RecoverDeps, recoverDatabase } from './recover.ts'
import { type ResetPasswordDeps, resetPassword } from './reset-password.ts'

export type DatabaseDeps = BranchDeps &
  ChangeDeps &
  SingleDeps &
  DeleteDeps &
  ReadDeps &
  RecoverDeps &
  ResetPasswordDeps

/** Each handler sees of `deps` what its own type names. */
export function databaseHandlers(deps: DatabaseDeps) {
  return bind(deps, {
    createDatabase,
    createDatabases,
    listDatabases,
    getDatabase,
    changeDatabase,
    deleteDatabase,
    recoverDatabase,
    branchDatabase,
    resetPassword,
    getCredentials,
  })
}
