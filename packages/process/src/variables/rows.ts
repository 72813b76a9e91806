/** Rows that more than one part has as they are. */
import { oneOf, secret } from './types.ts'
import { required, withDefault } from './variable.ts'

/** The control API makes it, so that it is not required there. */
export const INTERNAL_SECRET = required(
  'DB9_INTERNAL_SECRET',
  secret(32, 'that of the control API, `internal` of its secrets.toml'),
  { meaning: 'signs the calls between the parts; the same for all three' },
)

/** The data proxy holds to it, and the control API says so in connection strings. */
export const PG_TLS = withDefault('DB9_PG_TLS', oneOf(['allowed', 'required'], 'allowed or required'), {
  value: 'allowed',
  meaning:
    'whether clients of the Postgres wire protocol may connect without TLS (`allowed`) or not (`required`)',
})
