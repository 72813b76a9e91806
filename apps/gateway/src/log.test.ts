/** What the log leaves out. */
import { expect, test } from 'vitest'
import { scrub } from './log.ts'

test.each([
  ['key db9pk_0123456789abcdef was bad', 'key [redacted] was bad'],
  ['postgresql://db_1.authenticator:db9sql1.a.b@proxy/postgres failed', '[redacted] failed'],
  ['password db9sql1.eyJh.x-y', 'password [redacted]'],
  ['token eyJhbGciOi.eyJzdWIi.c2ln', 'token [redacted]'],
  ['Authorization: Bearer opaque', 'Authorization: [redacted]'],
  ['plain text stays', 'plain text stays'],
])('"%s" is logged without its secret', (text, expected) => expect(scrub(text)).toBe(expected))
