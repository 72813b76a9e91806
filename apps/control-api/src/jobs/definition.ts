import type { CopyProgress, DatabaseEngine } from '@db9/engine'
import type { OperationKindName } from '@db9/types'
import type { Transaction } from 'kysely'
import type { Reply } from '../http/call.ts'
import type { OperationRow, Tables } from '../metadata/tables.ts'
import type { Services } from '../services.ts'

/**
 * What a kind of operation is: steps on the engine, each of which may be repeated after a crash at any point of it, and
 * the one transaction that ends it. `Input` is what was asked for, `State` what the steps found; both are jsonb.
 */
export interface OperationKind<Input, State> {
  /** From its beginning until it is given up; null: tried until it is done. */
  deadlineMs: number | null
  steps: Step<Input, State>[]
  /** Takes back what the steps did; may be repeated. Null: a step that fails is tried again, whatever it failed with. */
  undo: ((run: StepRun<Input, State>) => Promise<unknown>) | null
  /** The rows as they are once it is done, and what the caller is told. Throws an ApiError to fail it instead. */
  done: (trx: Transaction<Tables>, run: OperationRun<Input, State>) => Promise<Reply | null>
  /** The rows as they are where it failed. */
  failed: (trx: Transaction<Tables>, run: OperationRun<Input, State>, reason: string) => Promise<void>
  /** After the commit, on a best effort: tells the other parts. */
  announce?: (run: OperationRun<Input, State>) => Promise<void>
}

export interface Step<Input, State> {
  /** Stays the same over releases: it is how a row says how far it is. */
  name: string
  /** What it returns is added to the state. */
  run: (run: StepRun<Input, State>) => Promise<Partial<State> | undefined>
}

export interface OperationRun<Input, State> {
  services: Services
  operation: OperationRow
  input: Input
  state: Partial<State>
}

export interface StepRun<Input, State> extends OperationRun<Input, State> {
  engine: DatabaseEngine
  /** The database that the operation changes. */
  databaseId: string
  /** Aborted at the deadline, when the API closes, and when another runner has taken the operation over. */
  signal: AbortSignal
  onProgress: (progress: CopyProgress) => void
}

/** A kind whose types are its own business: the runner hands each kind what that kind has stored. */
// biome-ignore lint/suspicious/noExplicitAny: input and state of one row are those of its kind, which wrote them
export type AnyOperationKind = OperationKind<any, any>

/** Where an operation is, for whoever watches it. `end` is the transaction that ends it. */
export interface OperationPoint {
  kind: OperationKindName
  step: string
  at: 'before' | 'after'
}

export const END = 'end'
export const UNDO = 'undo'
