/**
 * Key values: `db9pk_` + id (26) + secret (26, 128 bits) + MAC (16, 80 bits), all Crockford base32 in lower case.
 * The MAC, under a secret that control API and gateway share, lets a made-up key be refused with no lookup; a part
 * that accepts a key still compares the SHA-256 of its whole value with the stored one.
 */
import { type HmacKey, hmac, timingSafeEqual } from './crypto.ts'
import { ID_PREFIX, idBody, type RandomBytes, randomBytes, toBase32 } from './ids.ts'

export const KEY_PREFIX = { publishableKey: 'db9pk_', connectKey: 'db9ck_', serviceKey: 'db9sk_' } as const

export type KeyKind = keyof typeof KEY_PREFIX

const ID_LENGTH = 26
const SECRET_LENGTH = 26
const MAC_LENGTH = 16
const MAC_BYTES = 10

const SHAPE = Object.fromEntries(
  Object.entries(KEY_PREFIX).map(([kind, prefix]) => [
    kind,
    new RegExp(`^${prefix}[0-9a-hjkmnp-tv-z]{${ID_LENGTH + SECRET_LENGTH + MAC_LENGTH}}$`),
  ]),
) as Record<KeyKind, RegExp>

/** Makes the value of the key `id`. It is shown once; only its SHA-256 is kept. */
export async function newKeyValue(
  kind: KeyKind,
  id: string,
  key: HmacKey,
  random: RandomBytes = randomBytes,
): Promise<string> {
  const signed = KEY_PREFIX[kind] + idBody(id) + toBase32(random(16))
  return signed + (await mac(signed, key))
}

/** The id that a key's value carries, or null where the value has not the shape of such a key. Says nothing of its MAC. */
export function keyIdOf(kind: KeyKind, value: string): string | null {
  if (!SHAPE[kind].test(value)) return null
  const start = KEY_PREFIX[kind].length
  return `${ID_PREFIX[kind]}_${value.slice(start, start + ID_LENGTH)}`
}

/** True where the value, of the right shape, was made by `newKeyValue` under the same secret. */
export async function hasValidMac(value: string, key: HmacKey): Promise<boolean> {
  const signed = value.slice(0, -MAC_LENGTH)
  return timingSafeEqual(value.slice(-MAC_LENGTH), await mac(signed, key))
}

async function mac(signed: string, key: HmacKey): Promise<string> {
  return toBase32((await hmac(key, `db9-key:${signed}`)).slice(0, MAC_BYTES))
}
