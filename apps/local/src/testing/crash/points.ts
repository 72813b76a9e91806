import type { OperationPoint } from '@db9/control-api'

/** What the stack that is to be killed is told. */
export interface Plan {
  /** Where operations wait until they are killed. */
  hold: OperationPoint[]
  /** Where they fail for good. */
  fail: OperationPoint[]
}

/** What it tells. */
export type ChildMessage =
  | { kind: 'serving'; url: string; dataFolder: string; ownerToken: string }
  | { kind: 'holding' }
  | { kind: 'held'; point: OperationPoint }

export function nameOf({ kind, step, at }: OperationPoint): string {
  return `${at} ${kind}.${step}`
}
