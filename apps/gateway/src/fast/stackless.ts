/**
 * Makes an error without a stack trace. A refusal is an expected reply, so its stack is never read.
 * Measured in workerd (`measure-fast.ts`): 0.3 µs instead of 1.2 µs for an error.
 */

interface V8Error extends ErrorConstructor {
  stackTraceLimit?: number
}

/** Calls `make` with stack traces off. */
export function stackless<E extends Error>(make: () => E): E {
  const errors: V8Error = Error
  const { stackTraceLimit = 10 } = errors
  errors.stackTraceLimit = 0
  try {
    return make()
  } finally {
    errors.stackTraceLimit = stackTraceLimit
  }
}
