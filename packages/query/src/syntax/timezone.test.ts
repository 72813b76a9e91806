import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { QueryError } from '../errors.ts'
import { assertTimezone } from './timezone.ts'

/** What `pg_timezone_names` of Postgres 18.4 lists; the whole-stack test asks the running Postgres. */
const NAMES = readFileSync(new URL('../testing/timezone-names.txt', import.meta.url), 'utf8')
  .trim()
  .split('\n')

/** The room that Postgres before 18.6 has for the abbreviation of a zone, in bytes. */
const ROOM = 24

function isAccepted(zone: string): boolean {
  try {
    assertTimezone(zone)
    return true
  } catch (error) {
    if (!(error instanceof QueryError)) throw error
    expect([error.code, error.status]).toEqual([expect.stringMatching(/^(?:PGRST129|22023)$/), 400])
    return false
  }
}

/**
 * The abbreviations of a POSIX zone as localtime.c reads them, by bytes; empty where the text is none. More is taken for
 * a zone than Postgres takes: what follows the abbreviations is not looked at.
 */
function abbreviationsOf(zone: string): Uint8Array[] {
  const bytes = new TextEncoder().encode(zone)
  const isOf = (at: number, characters: string) => characters.includes(String.fromCharCode(bytes[at] ?? 0))
  const found: Uint8Array[] = []
  let at = 0
  while (at < bytes.length && found.length < 2) {
    const isQuoted = isOf(at, '<')
    const start = isQuoted ? at + 1 : at
    let end = start
    while (end < bytes.length && !isOf(end, isQuoted ? '>' : '0123456789,+-')) end++
    found.push(bytes.slice(start, end))
    at = isQuoted ? end + 1 : end
    const offset = at
    while (at < bytes.length && isOf(at, '+-:0123456789')) at++
    if (found.length === 1 && !/\d/.test(zone.slice(offset))) return []
  }
  return found
}

describe('a time zone', () => {
  test('of every name that Postgres knows is taken', () => {
    expect(NAMES.length).toBeGreaterThan(500)
    for (const name of NAMES) expect([name, isAccepted(name)]).toEqual([name, true])
    for (const name of NAMES) expect([name, isAccepted(name.toLowerCase())]).toEqual([name, true])
  })

  test.each(['UTC', 'Z', '-4', '+05:30', '05:30', '5.5', 'EST5EDT', '<+03>-3', 'EST5EDT,M3.2.0,M11.1.0', ''])(
    'like %s is taken',
    (zone) => expect(isAccepted(zone)).toBe(true),
  )

  test.each([
    ['a made-up abbreviation with a slash', `A/${'B'.repeat(240)}5`],
    ['a made-up abbreviation', `${'A'.repeat(30)}5`],
    ['one in angle brackets', `<${'A'.repeat(30)}>5`],
    ['a long name of daylight time', `A5${'B'.repeat(30)}`],
    ['a sign before the offset', `${'A'.repeat(30)}-5`],
    ['characters of two bytes', `${'é'.repeat(22)}5`],
    ['characters of three bytes', `${'日'.repeat(22)}5`],
    ['the words of a format', '%s%n5'],
    ['an interval', "interval '1' hour"],
    ['a quote', "UTC'"],
    ['a space', 'A B5'],
  ])('of %s is refused', (_, zone) => expect(isAccepted(zone)).toBe(false))

  test('that is taken has no abbreviation that Postgres has no room for', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'A',
        '/',
        'B/',
        '<',
        '>',
        '+',
        '-',
        ',',
        ':',
        '.',
        '_',
        '0',
        '5',
        '12',
        'M3.2.0',
        'J60',
      ),
      fc.constantFrom('é', '日', '😀', '%', '%s', ' ', "'", '"', '\t', '\u0000', '\u0080'),
      fc.nat({ max: 300 }).map((length) => 'A'.repeat(length)),
    )
    const syntax = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''))
    const abbreviation = fc.oneof(
      fc.string({ unit: fc.constantFrom('A', 'b', '/', '_', 'é'), minLength: 1, maxLength: 300 }),
      fc.string({ unit: 'binary', maxLength: 300 }),
    )
    const quoted = fc.oneof(
      abbreviation,
      abbreviation.map((text) => `<${text}>`),
    )
    const offset = fc.constantFrom('5', '-5', '+05:30', '0', '167:59:59', '')
    const rule = fc.constantFrom('', ',', ',M3.2.0,M11.1.0', ',J1/0,J365/25', '/x')
    const posix = fc
      .tuple(quoted, offset, fc.oneof(fc.constant(''), quoted), offset, rule)
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(fc.oneof(syntax, posix, abbreviation), (zone) => {
        if (!isAccepted(zone)) return
        for (const bytes of abbreviationsOf(zone)) expect(bytes.length).toBeLessThan(ROOM)
        expect(zone).toMatch(/^[ -~]*$/)
        expect(zone).not.toContain('%')
      }),
      { numRuns: 20_000 },
    )
  })
})
