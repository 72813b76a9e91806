import type { OperationKindName } from '@db9/types'
import { ADOPT } from './adoption/adopt.job.ts'
import { BACKUP, DELETE_BACKUP } from './backups/backup.job.ts'
import { BRANCH, RESTORE } from './databases/copy.job.ts'
import { CREATE } from './databases/create.job.ts'
import { DELETE, PURGE, RECOVER } from './databases/lifecycle.job.ts'
import { RESET_PASSWORD } from './databases/reset-password.job.ts'
import { type AnyOperationKind, END, type OperationPoint, UNDO } from './jobs/definition.ts'

/** Every kind of long operation. */
export const OPERATION_KINDS: Record<OperationKindName, AnyOperationKind> = {
  create: CREATE,
  branch: BRANCH,
  restore: RESTORE,
  delete: DELETE,
  recover: RECOVER,
  purge: PURGE,
  backup: BACKUP,
  delete_backup: DELETE_BACKUP,
  reset_password: RESET_PASSWORD,
  adopt: ADOPT,
}

/** Every point of an operation that does what it was begun for, in the order of time. */
export function operationPoints(kind: OperationKindName): OperationPoint[] {
  return pointsAt(kind, [...OPERATION_KINDS[kind].steps.map(({ name }) => name), END])
}

/** Those of one that is taken back; none of a kind that is tried until it is done. */
export function undoPoints(kind: OperationKindName): OperationPoint[] {
  return OPERATION_KINDS[kind].undo ? pointsAt(kind, [UNDO]) : []
}

function pointsAt(kind: OperationKindName, steps: string[]): OperationPoint[] {
  return steps.flatMap((step) => [
    { kind, step, at: 'before' },
    { kind, step, at: 'after' },
  ])
}
