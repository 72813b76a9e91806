/** Which origins the patterns of a key allow. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { judgeOrigin, matchesAny, parseOrigin } from './origin.ts'

const EXACT = ['https://app.example.com', 'http://localhost:5173', 'https://xn--bcher-kva.example']
const WILD = ['https://*.example.com']

describe('a key with a list of origins', () => {
  test.each<[string | null, string[], string]>([
    ['https://app.example.com', EXACT, 'allowed'],
    ['http://localhost:5173', EXACT, 'allowed'],
    ['https://xn--bcher-kva.example', EXACT, 'allowed'],
    ['https://bücher.example', EXACT, 'refused'],
    ['https://APP.example.com', EXACT, 'refused'],
    ['https://app.example.com.', EXACT, 'refused'],
    ['https://app.example.com:443', EXACT, 'refused'],
    ['https://app.example.com/', EXACT, 'refused'],
    ['https://user@app.example.com', EXACT, 'refused'],
    ['http://app.example.com', EXACT, 'refused'],
    ['https://app.example.com:8443', EXACT, 'refused'],
    ['https://evil-app.example.com', EXACT, 'refused'],
    ['https://app.example.com.evil.org', EXACT, 'refused'],
    ['null', EXACT, 'refused'],
    ['null', ['null'], 'allowed'],
    ['', EXACT, 'refused'],
    [null, EXACT, 'required'],
    ['https://a.example.com https://b.example.com', EXACT, 'malformed'],
    ['https://app.example.com, https://app.example.com', EXACT, 'malformed'],
    [`https://${'a'.repeat(600)}.com`, EXACT, 'malformed'],
    ['https://a.example.com', WILD, 'allowed'],
    ['https://a.b.example.com', WILD, 'allowed'],
    ['https://example.com', WILD, 'refused'],
    ['https://.example.com', WILD, 'refused'],
    ['https://a..example.com', WILD, 'refused'],
    ['https://aexample.com', WILD, 'refused'],
    ['https://a.example.com.evil.org', WILD, 'refused'],
    ['https://a.example.com.', WILD, 'refused'],
    ['https://a.example.com:8443', WILD, 'refused'],
    ['http://a.example.com', WILD, 'refused'],
    ['https://*.example.com', WILD, 'allowed'],
    ['https://a.example.com:8443', ['https://*.example.com:8443'], 'allowed'],
    ['https://a.example.com', ['https://*.example.com:8443'], 'refused'],
    ['http://localhost:3000', ['http://localhost:*'], 'allowed'],
    ['http://localhost.evil.org:3000', ['http://localhost:*'], 'refused'],
    ['https://localhost:3000', ['http://localhost:*'], 'refused'],
    ['https://app.example.com', [], 'refused'],
  ])('%s against %j is %s', (header, allowed_origins, verdict) => {
    expect(judgeOrigin(parseOrigin(header), { allowed_origins, allow_no_origin: false })).toBe(verdict)
  })

  test('allows requests without an origin where it says so', () => {
    expect(judgeOrigin(parseOrigin(null), { allowed_origins: EXACT, allow_no_origin: true })).toBe('allowed')
  })
})

test('a key without a list allows every origin but a malformed one', () => {
  const key = { allowed_origins: null, allow_no_origin: false }
  expect(judgeOrigin(parseOrigin(null), key)).toBe('allowed')
  expect(judgeOrigin(parseOrigin('https://anything.example'), key)).toBe('allowed')
  expect(judgeOrigin(parseOrigin('a, b'), key)).toBe('malformed')
})

test('a wildcard allows only hosts below its own', () => {
  fc.assert(
    fc.property(fc.oneof(fc.webUrl(), fc.string()), (text) => {
      if (!matchesAny(text, WILD)) return
      expect(new URL(text).hostname).toMatch(/^(\S+\.)+example\.com$/)
    }),
  )
})
