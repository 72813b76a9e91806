import type { OperationKindName } from '@db9/types'
import { type AnyOperationKind, END, type OperationPoint } from '../kind.ts'
import { ADOPT } from './adopt.ts'
import { BACKUP, DELETE_BACKUP } from './backup.ts'
import { BRANCH, RESTORE } from './copy.ts'
import { CREATE } from './create.ts'
import { DELETE, PURGE, RECOVER } from './removal.ts'
import { RESET_PASSWORD } from './reset-password.ts'

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
  const steps = [...OPERATION_KINDS[kind].steps.map(({ name }) => name), END]
  return steps.flatMap((step) => [
    { kind, step, at: 'before' },
    { kind, step, at: 'after' },
  ])
}
