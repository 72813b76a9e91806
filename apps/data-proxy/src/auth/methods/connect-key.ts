/** Connect keys: long-lived secrets of the REST API, `db9ck_…`. */
import { credentialsOf } from './credential.ts'

export const connectKey = credentialsOf('connect_key')
