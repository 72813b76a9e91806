/** Turns what goes wrong while files are copied into errors that a user may read. */
import { EngineError } from '../../errors.ts'

/** An error of copying as a user may read it: a full disk by its own code, an end asked for as `unavailable`. */
export function toCopyError(error: unknown, what: string): EngineError {
  const text = describe(error)
  if (/No space left on device|ENOSPC/.test(text)) {
    return new EngineError('no_space', `${what}: the disk is full`, { cause: error })
  }
  if (/Disk quota exceeded|EDQUOT/.test(text)) {
    return new EngineError('no_space', `${what}: the disk quota is used up`, { cause: error })
  }
  if (error instanceof EngineError) return error
  if ((error as Error).name === 'AbortError') return toCalledOff(error, what)
  return new EngineError('failed', what, { cause: error })
}

/** The error of a copy that was called off, in whichever way that ended it. */
export function toCalledOff(cause: unknown, what: string): EngineError {
  return new EngineError('unavailable', `${what}: it was called off`, { cause })
}

/** All that is said by an error and its causes. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { stderr = '', code = '' } = error as Error & { stderr?: string; code?: unknown }
  return [error.message, stderr, String(code), error.cause ? describe(error.cause) : ''].join(' ')
}
