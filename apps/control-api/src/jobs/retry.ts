/** When a failed step is tried again, and for how long. */
import type { JobRow } from '../metadata/tables.ts'

const BACK_OFF_MS = { first: 1_000, most: 60_000 }

/** The deadline of a job has passed. */
export class DeadlinePassed extends Error {
  constructor() {
    super('it was not done within its time')
    this.name = 'DeadlinePassed'
  }
}

/** The account has cancelled the job. */
export class Cancelled extends Error {
  constructor() {
    super('it was cancelled')
    this.name = 'Cancelled'
  }
}

/** What a failure of a step means. The parts that the steps work with know it. */
export interface FailureRules {
  /** Whether the same step may succeed a little later. */
  isTransient(error: unknown): boolean
  /** Why it failed, in words for the caller. */
  reasonOf(error: unknown): string
}

/** Milliseconds to wait after so many failures in a row. */
export function backOff(failures: number): number {
  return Math.min(BACK_OFF_MS.first * 2 ** (failures - 1), BACK_OFF_MS.most)
}

/** Whether the next try would come after the deadline. `now` in milliseconds. */
export function isLastTry({ deadline_at, failures }: JobRow, now: number): boolean {
  return deadline_at !== null && deadline_at.getTime() <= now + backOff(failures + 1)
}
