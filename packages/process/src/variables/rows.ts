/** Rows that more than one part has as they are. */
import { secret } from './types.ts'
import { required } from './variable.ts'

/** The control API makes it, so that it is not required there. */
export const INTERNAL_SECRET = required(
  'DB9_INTERNAL_SECRET',
  secret(32, 'that of the control API, `internal` of its secrets.toml'),
  { meaning: 'signs the calls between the parts; the same for all three' },
)
