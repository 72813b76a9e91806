import type { JobPoint } from '@db9/control-api'

/** What the stack that is to be killed is told. */
export interface Plan {
  /** Where operations wait until they are killed. */
  hold: JobPoint[]
  /** Where they fail for good. */
  fail: JobPoint[]
}

/** What it tells. */
export type ChildMessage =
  | { kind: 'serving'; url: string; dataFolder: string; ownerToken: string }
  | { kind: 'holding' }
  | { kind: 'held'; point: JobPoint }

export function nameOf({ kind, step, at }: JobPoint): string {
  return `${at} ${kind}.${step}`
}
