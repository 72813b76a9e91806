/** The rules of database names. */
import { ID_PREFIX } from '@db9/types/ids'
import { unprocessable } from '../errors.ts'

const NAME = /^[a-z0-9][a-z0-9_-]{0,62}$/
const RESERVED = new Set(['batch', 'postgres', 'template0', 'template1'])
const ID_PREFIXES = Object.values(ID_PREFIX).map((prefix) => `${prefix}_`)

/** Whether text can name a database in a path: a name, or an id, which has the form of a name. */
export function isDatabaseReference(text: string): boolean {
  return NAME.test(text)
}

/** A name for a database. Throws 422 naming `field` where it breaks a rule. */
export function parseDatabaseName(text: string, field = 'name'): string {
  if (!NAME.test(text)) {
    throw unprocessable(field, 'must be 1 to 63 of a-z, 0-9, - and _, and begin with a letter or digit')
  }
  if (RESERVED.has(text)) throw unprocessable(field, `"${text}" is reserved`)
  const prefix = ID_PREFIXES.find((candidate) => text.startsWith(candidate))
  if (prefix) throw unprocessable(field, `must not begin with "${prefix}", which begins an id`)
  return text
}
