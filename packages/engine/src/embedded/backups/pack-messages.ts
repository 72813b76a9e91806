/** What the service and the process that packs a backup say to each other. */

import type { DataFacts } from './manifest.ts'
import type { Failure } from './own-process.ts'

/** One after the other; each but `measured` is answered by `done` or `failed`. */
export type PackOrder =
  | { kind: 'data'; from: string }
  | { kind: 'wal'; data: string; names: string[] }
  | { kind: 'label'; text: string }
  | { kind: 'end' }
  /** What the source takes of the disk now, in bytes. */
  | { kind: 'measured'; bytes: number }

export type PackReport =
  | { kind: 'done'; facts: DataFacts | null }
  | Failure
  /** Asks for `measured`. */
  | { kind: 'measure' }
  /** Bytes of the files that were packed until now. */
  | { kind: 'progress'; fileBytes: number }
