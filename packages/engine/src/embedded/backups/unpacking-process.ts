/** The process that reads a backup: its data comes on the standard input, and what to do with it as a message. */

import type { DataFacts } from './manifest.ts'
import { type Failure, toFailure } from './own-process.ts'
import { LOOK_ONLY, readData, unpackInto } from './unpack.ts'

export interface UnpackOrder {
  expected: DataFacts
  /** A folder of ours for its files; null: they are only checked. */
  into: string | null
}

export type UnpackReport = { kind: 'done' } | Failure

function tell(report: UnpackReport): void {
  process.send?.(report)
}

process.on('message', ({ expected, into }: UnpackOrder) => {
  const work = into === null ? LOOK_ONLY : unpackInto(into)
  readData(process.stdin, expected, work).then(
    () => tell({ kind: 'done' }),
    (error: unknown) => tell(toFailure(error)),
  )
})
// The service is gone, or done with this backup.
process.on('disconnect', () => process.exit())
