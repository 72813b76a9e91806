/** What goes wrong in an engine, by codes that callers switch on. */

export type EngineErrorCode =
  | 'not_found'
  /** For a while: the same call may succeed later. */
  | 'unavailable'
  /** So many run that this one has to wait. */
  | 'at_capacity'
  | 'unsupported'
  /** A point in time before the restore window, or in the future. */
  | 'out_of_window'
  | 'no_space'
  /** More than may be. */
  | 'too_large'
  /** What is stored is not what was written. */
  | 'corrupt'
  | 'failed'

export class EngineError extends Error {
  readonly code: EngineErrorCode

  constructor(code: EngineErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'EngineError'
    this.code = code
  }
}
