import { describe, expect, test } from 'vitest'
import { refusal } from '../testing/refusal.ts'
import { parseJwksUrl } from './jwks-url.ts'
import { parseAuthConfig } from './parse.ts'

describe('a JWKS URL', () => {
  test.each(['https://example.com/.well-known/jwks.json', 'https://tenant.eu.auth0.com/jwks?x=1'])(
    'may be %s',
    (url) => {
      expect(parseJwksUrl(url, { field: 'byo_jwt.jwks_url', allowLocal: false })).toBe(url)
    },
  )

  test.each([
    'http://example.com/jwks',
    'https://example.com:8443/jwks',
    'https://user:pw@example.com/jwks',
    'https://example.com/jwks#',
    'https://localhost/jwks',
    'https://app.localhost/jwks',
    'https://printer.local/jwks',
    'https://metadata.google.internal/jwks',
    'https://metadata.google.internal./jwks',
    'https://router.home.arpa/jwks',
    'https://x.test/jwks',
    'https://x.onion/jwks',
    'https://intranet/jwks',
    'https://127.0.0.1/jwks',
    'https://0x7f.1/jwks',
    'https://2130706433/jwks',
    'https://0177.1/jwks',
    'https://１２７.0.0.1/jwks',
    'https://[::1]/jwks',
    'https://[::ffff:169.254.169.254]/jwks',
    'https://169.254.169.254/latest',
    'file:///etc/passwd',
    'data:application/json,{}',
    'gopher://example.com',
    '//example.com',
    'example.com',
    '',
    `https://example.com/${'x'.repeat(512)}`,
  ])('is not %s', (url) => {
    expect(refusal(() => parseJwksUrl(url, { field: 'byo_jwt.jwks_url', allowLocal: false }))).toMatch(
      /^422 byo_jwt\.jwks_url: /,
    )
  })

  test('may be on this machine where that is allowed, and never in another private network', () => {
    for (const url of ['http://localhost:3000/jwks', 'http://127.0.0.1:3000/jwks', 'http://[::1]/jwks']) {
      expect(parseJwksUrl(url, { field: 'byo_jwt.jwks_url', allowLocal: true })).toBe(url)
    }
    for (const url of [
      'http://10.0.0.1/jwks',
      'http://example.com/jwks',
      'http://169.254.169.254/',
      'ftp://localhost/',
    ]) {
      expect(refusal(() => parseJwksUrl(url, { field: 'byo_jwt.jwks_url', allowLocal: true }))).toMatch(
        /^422/,
      )
    }
  })
})

describe('an auth config', () => {
  const whole = { jwks_url: 'https://example.com/jwks', issuer: 'https://example.com', audience: 'my-app' }
  const parse = (byo_jwt: Record<string, unknown> | null | undefined, auth_mode?: string) => () =>
    parseAuthConfig({ auth_mode, byo_jwt: byo_jwt as never }, { allowLocal: false })

  test('has defaults for every optional field', () => {
    expect(parse(whole)()).toEqual({
      ...whole,
      subject_claim: 'sub',
      claims_allowlist: [],
      claims_max_bytes: 4096,
      min_issued_at: null,
      additional_issuers: [],
    })
  })

  test.each([
    [undefined, 'byo_jwt.jwks_url: is required'],
    [{ ...whole, jwks_url: undefined }, 'byo_jwt.jwks_url: is required'],
    [{ ...whole, issuer: undefined }, 'byo_jwt.issuer: is required'],
    [{ ...whole, issuer: '' }, 'byo_jwt.issuer: '],
    [{ ...whole, audience: undefined }, 'byo_jwt.audience: is required'],
    [{ ...whole, audience: '' }, 'byo_jwt.audience: '],
    [{ ...whole, claims_max_bytes: 255 }, 'byo_jwt.claims_max_bytes: '],
    [{ ...whole, claims_max_bytes: 16_385 }, 'byo_jwt.claims_max_bytes: '],
    [{ ...whole, claims_allowlist: ['ok', ''] }, 'byo_jwt.claims_allowlist.1: '],
    [{ ...whole, subject_claim: 'a\0' }, 'byo_jwt.subject_claim: '],
    [{ ...whole, min_issued_at: 'yesterday' }, 'byo_jwt.min_issued_at: '],
    [{ ...whole, additional_issuers: [{ ...whole }] }, 'byo_jwt.additional_issuers.0.issuer: is named twice'],
    [
      { ...whole, additional_issuers: [{ ...whole, issuer: 'b', jwks_url: 'http://b.example' }] },
      'byo_jwt.additional_issuers.0.jwks_url: ',
    ],
  ])('is refused with %j', (byoJwt, message) => {
    expect(refusal(parse(byoJwt))).toContain(`422 ${message}`)
  })

  test('returns 422 for another mode', () =>
    expect(refusal(parse(whole, 'hosted'))).toBe('422 auth_mode: must be "byo_jwt"'))
})
