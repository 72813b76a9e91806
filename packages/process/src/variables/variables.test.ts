import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import {
  ADDRESS,
  BLOCKS,
  count,
  describeVariables,
  FOLDER,
  oneOf,
  optional,
  origin,
  PORT,
  readVariables,
  required,
  SWITCH,
  secret,
  toMarkdown,
  withDefault,
} from './index.ts'

const SECRET = 'a-secret-of-thirty-two-characters'

const folder = mkdtempSync(join(tmpdir(), 'db9-variables-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const TABLE = {
  port: withDefault('DB9_PORT', PORT, { value: 9009, meaning: 'where it listens' }),
  url: required('DB9_URL', origin('the URL of the other, http://127.0.0.1:9010'), { meaning: 'the other' }),
  secret: required('DB9_SECRET', secret(32, 'a random text of 32 characters or more'), { meaning: 'signs' }),
  domain: optional('DB9_DOMAIN', oneOf(['a', 'b'], '"a" or "b"'), { unset: 'none', meaning: 'of the names' }),
}
const RIGHT = { DB9_URL: 'http://10.0.0.1:9010', DB9_SECRET: SECRET }

describe('readVariables', () => {
  test('gives what is set, and the default of what is not set or empty', () => {
    const values = readVariables(TABLE, { ...RIGHT, DB9_PORT: '' })
    expect(values).toEqual({ port: 9009, url: 'http://10.0.0.1:9010', secret: SECRET, domain: null })
    expect(readVariables(TABLE, { ...RIGHT, DB9_PORT: '80', DB9_DOMAIN: 'b' })).toMatchObject({
      port: 80,
      domain: 'b',
    })
  })

  test('names all variables that are missing or wrong, with what to set', () => {
    expect(() => readVariables(TABLE, { DB9_PORT: 'http', DB9_URL: 'http://a/path' })).toThrow(
      'DB9_PORT is "http", which is not a port. Set it to a number from 1 to 65535.\n' +
        'DB9_URL is "http://a/path". Set it to the URL of the other, http://127.0.0.1:9010.\n' +
        'DB9_SECRET is missing. Set it to a random text of 32 characters or more.',
    )
  })

  test('never shows a secret that it refuses', () => {
    for (const text of ['too-short', `${SECRET} with a blank`])
      expect(() => readVariables(TABLE, { ...RIGHT, DB9_SECRET: text })).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining(text) }),
      )
  })

  test('reads a secret from the file that <name>_FILE names, and refuses one that cannot be read', () => {
    const file = join(folder, 'secret')
    writeFileSync(file, `${SECRET}\n`)
    const env = { DB9_URL: RIGHT.DB9_URL, DB9_SECRET_FILE: file }
    expect(readVariables(TABLE, env).secret).toBe(SECRET)
    expect(() => readVariables(TABLE, { ...env, DB9_SECRET_FILE: `${file}.not` })).toThrow(
      `DB9_SECRET is to be read from ${file}.not, which cannot be read`,
    )
  })
})

test.each([
  ['a port', PORT, ['0', '65535'], ['65536', '-1', '1.5', 'http']],
  ['a count', count(10, 20), ['10', '20'], ['9', '21', '1e1', '']],
  ['a switch', SWITCH, ['1', '0', 'true', 'false'], ['yes', '2']],
  ['a folder', FOLDER, ['/a', '~/a', 'a'], ['', ' ', 'a\0b']],
  ['an origin', origin('x'), ['http://a:1', 'https://a/'], ['a', 'ftp://a', 'http://a/b', 'http://u@a']],
  ['blocks', BLOCKS, ['10.0.0.1,', '::1, 10.0.0.0/8'], ['foo', '10.0.0.0/33', '10.0.0.0/8/8']],
])('%s takes what makes sense and refuses what does not', (_, type, right, wrong) => {
  for (const text of right) expect(() => type.parse(text)).not.toThrow()
  for (const text of wrong) expect(() => type.parse(text)).toThrow()
})

test('localhost as an address to listen on is 127.0.0.1', () => {
  expect(ADDRESS.parse('localhost')).toBe('127.0.0.1')
})

test('describeVariables shows each value and where it comes from, no secret, and what nothing reads', () => {
  const env = { ...RIGHT, DB9_PROT: '80', DB9_TEST_REQUIRE: 'psql', OTHER: '1' }
  expect(describeVariables(TABLE, env)).toEqual({
    lines: [
      '  DB9_PORT    9009 (not set)',
      '  DB9_URL     http://10.0.0.1:9010',
      '  DB9_SECRET  set',
      '  DB9_DOMAIN  none (not set)',
      '  DB9_PROT is set, but nothing reads it here: look for a slip in its name',
    ],
    problems: [],
  })
  const { lines, problems } = describeVariables(TABLE, { DB9_PORT: 'http', DB9_SECRET_FILE: '/nowhere' })
  expect(lines.slice(0, 3)).toEqual([
    '  DB9_PORT    http',
    '  DB9_URL     is missing',
    '  DB9_SECRET  set, from /nowhere',
  ])
  expect(problems.map((problem) => problem.split(' ')[0])).toEqual(['DB9_PORT', 'DB9_URL', 'DB9_SECRET'])
})

test('toMarkdown has a row for each variable, with its type, default and meaning', () => {
  expect(toMarkdown(TABLE).split('\n').slice(2, 4)).toEqual([
    '| `DB9_PORT` | port | 9009 | where it listens |',
    '| `DB9_URL` | URL | **to be set** | the other |',
  ])
})
