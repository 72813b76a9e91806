/** Why the host does not serve a call; never the fault of a function's code. */

export type HostErrorCode = 'busy' | 'unavailable' | 'not_found' | 'invalid'

export const STATUS_OF: Record<HostErrorCode, number> = {
  busy: 429,
  unavailable: 503,
  not_found: 404,
  invalid: 400,
}

export class HostError extends Error {
  readonly code: HostErrorCode

  constructor(code: HostErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'HostError'
    this.code = code
  }
}
