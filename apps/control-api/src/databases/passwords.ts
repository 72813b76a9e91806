/** The rules of passwords, and new ones. */
import { randomInt } from 'node:crypto'
import { unprocessable } from '../errors.ts'

const PASSWORD = /^[\x20-\x7e]{8,128}$/

/** A password that a request states in `field`. Throws 422 where Postgres' SASLprep or a connection string could read it differently. */
export function parsePassword(text: string, field: string): string {
  if (!PASSWORD.test(text)) throw unprocessable(field, 'must be 8 to 128 printable ASCII characters')
  return text
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** 190 random bits, of characters that need no escaping in a URL or a shell. */
export function newPassword(): string {
  return Array.from({ length: 32 }, () => LETTERS[randomInt(LETTERS.length)]).join('')
}
