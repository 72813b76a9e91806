/** What a migration's text says of itself: its checksum, its preview, and how it runs. */
import { sha256Hex } from '@db9/types/crypto'
import { unprocessable } from '../errors.ts'

const CHECKSUM = /^(?:sha256:)?([0-9a-f]{64})$/i
const PREVIEW_LENGTH = 200
/** The first lines may be comments, and one of them this. */
const NO_TRANSACTION = /^(?:\s*--[^\n]*\n)*?\s*--[ \t]*db9:no-transaction[ \t]*(?:\r?\n|$)/

/** `sha256:<hex>` of the exact text. Throws 422 where the request states another. */
export async function checksumOf(sql: string, stated: string | undefined): Promise<string> {
  const checksum = await sha256Hex(sql)
  if (stated === undefined) return `sha256:${checksum}`
  const given = CHECKSUM.exec(stated)?.[1]?.toLowerCase()
  if (given === undefined) throw unprocessable('checksum', 'must be sha256:<64 hexadecimal digits>')
  if (given !== checksum) throw unprocessable('checksum', `the SHA-256 of sql is ${checksum}`)
  return `sha256:${checksum}`
}

/** Whether its statements run one by one, each in a transaction of its own. */
export function isWithoutTransaction(sql: string): boolean {
  return NO_TRANSACTION.test(sql)
}

const STRING = String.raw`(?:[eE]'(?:[^'\\]|\\.|'')*'?|(?:[uU]&)?'(?:[^']|'')*'?|\$(\w*)\$.*?(?:\$\2\$|$))`
/** `PASSWORD 'x'`, also as an option of a user mapping; `password=x` in a connection string; a URL's password. */
const PASSWORD_LITERAL = new RegExp(String.raw`(password\s+)${STRING}`, 'gis')
const PASSWORD_PARAMETER = /(password\s*=\s*)(?:''[^']*''|[^\s']+)/gi
const URL_PASSWORD = /(:\/\/[^\s:@/']*:)[^\s@']*@/g

/** The begin of the text, without passwords. */
export function previewOf(sql: string): string {
  // A password may be cut by the end of the preview: first they go, then the rest.
  const start = sql.slice(0, PREVIEW_LENGTH * 20)
  const redacted = start
    .replace(PASSWORD_LITERAL, "$1'***'")
    .replace(PASSWORD_PARAMETER, '$1***')
    .replace(URL_PASSWORD, '$1***@')
  return [...redacted].slice(0, PREVIEW_LENGTH).join('')
}
