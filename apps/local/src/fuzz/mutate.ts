/** Texts made from good ones: a few edits each, drawn from what parsers and SQL trip over. */
import type { Random } from './random.ts'

const MORSELS = [
  ...`"'\`;:,.()[]{}<>=*&|!~^%$#@/\\?+-_ \t\r\n`,
  ...[
    '--',
    '/*',
    '*/',
    '$$',
    '::',
    '->',
    '->>',
    '!inner',
    '...',
    '=eq.',
    'not.',
    'and=',
    'or=',
    '%00',
    '%',
    '%2',
    '%zz',
  ],
  ...[
    '%ff',
    '%C0%80',
    '\u0000',
    '\u202e',
    '\ufeff',
    '\ud800',
    'é',
    'İ',
    'ｓ',
    '💥',
    '__proto__',
    'constructor',
    'null',
  ],
  ...[
    '1e400',
    '-1',
    '9223372036854775808',
    'NaN',
    'true',
    "' or 1=1--",
    '"; drop table notes;--',
    'pg_catalog',
    'select',
  ],
  ...[
    'union select',
    'limit',
    'offset',
    'count()',
    'id.sum()',
    'auth',
    'db9',
    'r0',
    'w',
    'x'.repeat(64),
    '('.repeat(20),
  ],
]

type Edit = (text: string, at: number, random: Random) => string

const EDITS: readonly Edit[] = [
  (text, at, random) => text.slice(0, at) + random.pick(MORSELS) + text.slice(at),
  (text, at, random) => text.slice(0, at) + random.pick(MORSELS) + text.slice(at + 1 + random.int(3)),
  (text, at, random) => text.slice(0, at) + text.slice(at + 1 + random.int(4)),
  (text, at, random) => text.slice(0, at) + text.slice(random.int(text.length + 1)),
  (text, at) => text.slice(0, at) + text.slice(at).toUpperCase(),
  (text, at, random) => text.slice(0, at) + String.fromCharCode(random.int(256)) + text.slice(at + 1),
]

/** One to four edits. */
export function mutate(text: string, random: Random): string {
  let mutated = text
  for (let left = 1 + random.int(4); left > 0; left--) {
    mutated = random.pick(EDITS)(mutated, random.int(mutated.length + 1), random)
  }
  return mutated.slice(0, 4_000)
}

/** A name that somebody might try where an identifier is due: made up, or close to a real one. */
export function identifier(names: readonly string[], random: Random): string {
  if (random.int(2) === 0) return mutate(random.pick(names), random)
  return Array.from({ length: 1 + random.int(5) }, () => random.pick(MORSELS)).join('')
}
