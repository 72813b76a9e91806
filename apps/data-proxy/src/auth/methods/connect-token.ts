/** Connect tokens: JWTs of the REST API that live for minutes. */
import { credentialsOf } from './credential.ts'

export const connectToken = credentialsOf('connect_token')
