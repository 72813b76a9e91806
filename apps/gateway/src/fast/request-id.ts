/**
 * Makes the ids of requests. Every reply carries one, so their time prefix is made once a second, and their random bytes for
 * many ids at once. They hold nothing secret.
 * Measured in workerd (`measure-fast.ts`): 0.2 µs instead of 0.8 µs for an id.
 */
import { newId, type RandomBytes, randomBytes } from '@db9/types/ids'

const POOL_BYTES = 2_000
/** The characters after the time: 80 random bits. */
const RANDOM_CHARACTERS = 16
/** The range of the last two characters of the time. While they change, all characters before them stay the same. */
const SPAN_MS = 1024

const PAIRS = pairsOf('0123456789abcdefghjkmnpqrstvwxyz')

function pairsOf(alphabet: string): string[] {
  return Array.from(alphabet, (first) => Array.from(alphabet, (second) => first + second)).flat()
}

let pool = new Uint16Array(0)
let used = 0
let recent = { span: -1, prefix: '' }

export function newRequestId(now: number = Date.now(), random: RandomBytes = randomBytes): string {
  const span = Math.floor(now / SPAN_MS)
  if (recent.span !== span) {
    recent = { span, prefix: newId('request', now, random).slice(0, -RANDOM_CHARACTERS - 2) }
  }
  if (used + RANDOM_CHARACTERS / 2 > pool.length) {
    pool = new Uint16Array(new Uint8Array(random(POOL_BYTES)).buffer)
    used = 0
  }
  let id = recent.prefix + PAIRS[now % SPAN_MS]
  for (const end = used + RANDOM_CHARACTERS / 2; used < end; used++) id += PAIRS[(pool[used] ?? 0) & 1023]
  return id
}
