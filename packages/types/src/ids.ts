/**
 * Ids: a prefix that names the kind, then 26 characters that sort by time of creation (ULID's layout: 48 bits of
 * milliseconds, 80 random bits, Crockford base32), in lower case so that an id can stand in a host name.
 */

export const ID_PREFIX = {
  customer: 'cus',
  anonymous: 'anon',
  database: 'db',
  connectKey: 'ck',
  connectToken: 'ct',
  publishableKey: 'pk',
  serviceKey: 'sk',
  token: 'tok',
  backup: 'bkp',
  restore: 'rst',
  function: 'fn',
  version: 'ver',
  run: 'run',
  operation: 'op',
  audit: 'aud',
  request: 'req',
} as const

export type IdKind = keyof typeof ID_PREFIX

/** Fills as many random bytes as asked for; injected, so that tests can fix it. */
export type RandomBytes = (length: number) => Uint8Array

export const randomBytes: RandomBytes = (length) => crypto.getRandomValues(new Uint8Array(length))

const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz'
const BODY_LENGTH = 26

/** An id of the right form that no database has. */
export const NO_DATABASE = `${ID_PREFIX.database}_${'0'.repeat(BODY_LENGTH)}`
/** Of no publishable key. */
export const NO_KEY = `${ID_PREFIX.publishableKey}_${'0'.repeat(BODY_LENGTH)}`

/** Encodes bytes, 5 bits a character, most significant first; the last character is padded with zero bits. */
export function toBase32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let buffer = 0
  for (const byte of bytes) {
    buffer = ((buffer << 8) | byte) & 0x1fff
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += CROCKFORD[(buffer >> bits) & 31]
    }
  }
  if (bits > 0) text += CROCKFORD[(buffer << (5 - bits)) & 31]
  return text
}

/** A new id. `now` is in milliseconds since the epoch. */
export function newId(kind: IdKind, now: number = Date.now(), random: RandomBytes = randomBytes): string {
  let time = ''
  for (let rest = now, i = 0; i < 10; i++) {
    time = CROCKFORD[rest % 32] + time
    rest = Math.floor(rest / 32)
  }
  return `${ID_PREFIX[kind]}_${time}${toBase32(random(10))}`
}

const BODY = `[${CROCKFORD}]{${BODY_LENGTH}}`
const ID_PATTERN = Object.fromEntries(
  Object.entries(ID_PREFIX).map(([kind, prefix]) => [kind, new RegExp(`^${prefix}_${BODY}$`)]),
) as Record<IdKind, RegExp>

export function isId(kind: IdKind, text: string): boolean {
  return ID_PATTERN[kind].test(text)
}

/** When an id was made, in milliseconds since the epoch. */
export function timeOfId(id: string): number {
  return [...idBody(id).slice(0, 10)].reduce((time, digit) => time * 32 + CROCKFORD.indexOf(digit), 0)
}

/** The characters of an id after its prefix; a key's value carries them. */
export function idBody(id: string): string {
  return id.slice(id.indexOf('_') + 1)
}

/** `db_01k…` as the first label of a host name, where an underscore is not allowed. */
export function idToHostLabel(id: string): string {
  return id.replace('_', '-')
}
