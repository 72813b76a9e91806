/** Every kind of job. */
import { type AdoptJobDeps, defineAdopt } from './adoption/adopt.job.ts'
import { type BackupJobDeps, defineBackup, defineDeleteBackup } from './backups/backup.job.ts'
import { type CopyJobDeps, defineBranch, defineRestore } from './databases/copy.job.ts'
import { type CreateJobDeps, defineCreate } from './databases/create.job.ts'
import {
  type DeleteJobDeps,
  defineDelete,
  definePurge,
  defineRecover,
  type PurgeJobDeps,
  type RecoverJobDeps,
} from './databases/lifecycle.job.ts'
import { defineResetPassword, type ResetPasswordJobDeps } from './databases/reset-password.job.ts'
import { END, type JobDefinitions, type JobKind, type JobPoint, UNDO } from './jobs/definition.ts'

type DefinitionDeps = AdoptJobDeps &
  BackupJobDeps &
  CopyJobDeps &
  CreateJobDeps &
  DeleteJobDeps &
  PurgeJobDeps &
  RecoverJobDeps &
  ResetPasswordJobDeps

/** Each definition sees of `deps` what its own type names. */
export function defineJobs(deps: DefinitionDeps): JobDefinitions {
  return {
    create: defineCreate(deps),
    branch: defineBranch(deps),
    restore: defineRestore(deps),
    delete: defineDelete(deps),
    recover: defineRecover(deps),
    purge: definePurge(deps),
    backup: defineBackup(deps),
    delete_backup: defineDeleteBackup(deps),
    reset_password: defineResetPassword(deps),
    adopt: defineAdopt(deps),
  }
}

/** Definitions that are read and never run: the names of steps need nothing of what the steps use. */
const NAMES: JobDefinitions = defineJobs({} as DefinitionDeps)

/** Every point of a job that does what it was begun for, in the order of time. */
export function jobPoints(kind: JobKind): JobPoint[] {
  return pointsAt(kind, [...NAMES[kind].steps.map(({ name }) => name), END])
}

/** The points of a job that is taken back; none of a kind that is tried until it is done. */
export function undoPoints(kind: JobKind): JobPoint[] {
  return NAMES[kind].undo ? pointsAt(kind, [UNDO]) : []
}

function pointsAt(kind: JobKind, steps: string[]): JobPoint[] {
  return steps.flatMap((step) => [
    { kind, step, at: 'before' },
    { kind, step, at: 'after' },
  ])
}
