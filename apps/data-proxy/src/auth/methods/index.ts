/** The methods of authentication of the wire protocol. */
import { connectKey } from './connect-key.ts'
import { connectToken } from './connect-token.ts'
import type { AuthMethod } from './method.ts'
import { password } from './password.ts'

export const AUTH_METHODS: readonly AuthMethod[] = [password, connectKey, connectToken]
