/** What a job is: its steps, what takes them back, and the transaction that ends it. */
import type { OperationKindName, OperationProgress } from '@db9/types'
import type { Transaction } from 'kysely'
import type { JobRow, Tables } from '../metadata/tables.ts'

export type JobKind = OperationKindName

/**
 * The steps of one kind of job and the one transaction that ends it. A step may be repeated after a crash at any point of
 * it. `Input` is what was asked for, `State` what the steps found; both are jsonb. A definition is made by a function
 * that closes over what its steps use.
 */
export interface JobDefinition<Input = unknown, State = unknown> {
  /** Milliseconds until the job fails for good; null: it is tried until it is done. */
  deadlineMs: number | null
  steps: JobStep<Input, State>[]
  /** Takes back what the steps did; may be repeated. Left out: a failed step is tried again after any error. */
  undo?(run: StepRun<Input, State>): Promise<unknown>
  /** Writes the rows as they are once the job is done, and gives its result. Throws an ApiError to fail it instead. */
  done(trx: Transaction<Tables>, run: JobRun<Input, State>): Promise<JobResult | null>
  /** Writes the rows as they are where the job failed. */
  failed(trx: Transaction<Tables>, run: JobRun<Input, State>, reason: string): Promise<void>
  /** Runs after the commit and tells the other parts; a failure of it is logged alone. */
  afterCommit?(run: JobRun<Input, State>): Promise<void>
}

export interface JobStep<Input = unknown, State = unknown> {
  /** Stays the same over releases: a row names the last step that is done. */
  name: string
  /** Returns what is added to the state. */
  run(run: StepRun<Input, State>): Promise<Partial<State> | undefined>
}

export interface JobRun<Input = unknown, State = unknown> {
  job: JobRow
  input: Input
  state: Partial<State>
}

export interface StepRun<Input = unknown, State = unknown> extends JobRun<Input, State> {
  /** The database that the job changes. */
  databaseId: string
  /** Aborted at the deadline, when the API closes, and when another runner has taken the job over. */
  signal: AbortSignal
  onProgress: (progress: OperationProgress) => void
}

/** What a job gives to the request that asked for it. */
export interface JobResult {
  /** Whether the job made something new, or changed what there was. */
  created: boolean
  body: unknown
}

/** One definition for each kind. */
export type JobDefinitions = Readonly<Record<JobKind, JobDefinition>>

/** A point that a job passes: before or after a step, its undo, or the transaction that ends it. */
export interface JobPoint {
  kind: JobKind
  step: string
  at: 'before' | 'after'
}

/** Is told each point before the job goes on; a promise holds the job up. */
export type OnStep = (point: JobPoint) => void | Promise<void>

/** The step names of the transaction that ends a job, and of taking it back. */
export const END = 'end'
export const UNDO = 'undo'
