/** The Idempotency-Key of a request. */
import { ApiError } from '../errors.ts'

const KEY = /^[\x21-\x7e]{1,255}$/
/** Clients without an account share the scope of their address with strangers, so their keys must be hard to guess. */
const MIN_KEY_WITHOUT_ACCOUNT = 16

/** The header's value, checked: 400 where it is no key. */
export function parseIdempotencyKey(text: string, hasAccount: boolean): string {
  if (!KEY.test(text))
    throw new ApiError('invalid_request', 'Idempotency-Key: must be 1 to 255 visible ASCII characters')
  if (!hasAccount && text.length < MIN_KEY_WITHOUT_ACCOUNT) {
    const rule = `must have at least ${MIN_KEY_WITHOUT_ACCOUNT} characters on a request without a token`
    throw new ApiError('invalid_request', `Idempotency-Key: ${rule}`)
  }
  return text
}
