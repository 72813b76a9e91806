/** Which claims of a JWT are accepted, and which of them SQL sees. */
import type { TokenIssuer } from '@db9/types/internal'
import { expect, test } from 'vitest'
import { acceptClaims } from './claims.ts'

const NOW = 1_800_000_000_000
const SECONDS = NOW / 1000
const config: TokenIssuer = {
  jwks_url: 'https://idp.example/jwks',
  issuer: 'https://idp.example',
  audience: null,
  subject_claim: 'sub',
  claims_allowlist: ['email'],
  claims_max_bytes: 200,
  min_issued_at: null,
}
const payload = {
  sub: 'ada',
  iss: config.issuer,
  aud: ['a', 'b'],
  iat: SECONDS,
  exp: SECONDS + 60,
  role: 'admin',
  x: 1,
}

test('SQL sees the standard claims and those of the list, never the token’s role', () => {
  const verdict = acceptClaims({ ...payload, email: 'a@b' }, config, NOW)
  const { role: _, x: __, ...standard } = payload
  expect(verdict).toEqual({
    kind: 'accepted',
    claims: { ...standard, email: 'a@b' },
    expiresAt: (SECONDS + 60) * 1000,
  })
})

test.each([[[]], [['*']]])('the list %j shows all claims but the role', (claims_allowlist) => {
  const verdict = acceptClaims({ ...payload, org: { id: 1 } }, { ...config, claims_allowlist }, NOW)
  expect(verdict).toMatchObject({ claims: { org: { id: 1 }, x: 1, sub: 'ada' } })
  expect(verdict).not.toHaveProperty('claims.role')
})

test('role on the list changes nothing', () => {
  const verdict = acceptClaims(payload, { ...config, claims_allowlist: ['role', 'sub'] }, NOW)
  expect(verdict).not.toHaveProperty('claims.role')
})

test('the subject may be another claim, and is then what sub says', () => {
  const verdict = acceptClaims({ ...payload, uid: 'u-1' }, { ...config, subject_claim: 'uid' }, NOW)
  expect(verdict).toMatchObject({ claims: { sub: 'u-1' } })
})

test('names of inherited properties are not claims', () => {
  for (const subject_claim of ['constructor', '__proto__', 'toString']) {
    expect(acceptClaims(payload, { ...config, subject_claim }, NOW).kind).toBe('refused')
  }
  const hostile = JSON.parse(`{"__proto__":{"a":1},"sub":"ada","exp":${SECONDS + 60}}`) as Record<
    string,
    unknown
  >
  const verdict = acceptClaims(hostile, { ...config, claims_allowlist: ['*'] }, NOW)
  expect(JSON.stringify(verdict)).toContain('"__proto__":{"a":1}')
  expect(({} as Record<string, unknown>).a).toBeUndefined()
})

test.each<[string, Record<string, unknown>]>([
  ['no exp', { exp: undefined }],
  ['an exp without end', { exp: Number.POSITIVE_INFINITY }],
  ['a text as exp', { exp: String(SECONDS + 60) }],
  ['an iat in the future', { iat: SECONDS + 61, exp: SECONDS + 70 }],
  ['a text as iat', { iat: '1' }],
  ['a life of more than a day', { exp: SECONDS + 86_401 }],
  ['a life of more than a day without iat', { iat: undefined, exp: SECONDS + 86_401 }],
  ['no subject', { sub: undefined }],
  ['an empty subject', { sub: '' }],
  ['a number as subject', { sub: 1 }],
  ['a NUL in the subject', { sub: 'a\0' }],
  ['a long subject', { sub: 'x'.repeat(256) }],
  ['half of a surrogate pair in the subject', { sub: 'a\ud800' }],
  ['half of a surrogate pair in a claim', { email: 'a\udfff@b' }],
  ['half of a surrogate pair deep in a claim', { email: { a: ['\\\ud83d'] } }],
  ['half of a surrogate pair in a name', { email: { '\udc00': 1 } }],
  ['a NUL in a claim', { email: ['\0'] }],
  ['more bytes than the database takes', { email: 'é'.repeat(100) }],
])('%s is refused', (_, change) => {
  expect(acceptClaims({ ...payload, ...change }, config, NOW)).toMatchObject({ kind: 'refused' })
})

test('a token that was issued before the least time is refused, and so is one without a time of issue', () => {
  const strict = { ...config, min_issued_at: new Date(NOW).toISOString() }
  expect(acceptClaims(payload, strict, NOW)).toMatchObject({ kind: 'accepted' })
  expect(acceptClaims({ ...payload, iat: SECONDS - 1 }, strict, NOW)).toMatchObject({ kind: 'refused' })
  const { iat: _, ...timeless } = payload
  expect(acceptClaims(timeless, strict, NOW)).toMatchObject({ kind: 'refused' })
})

test.each(['😀', '\\ud800', '\\u0000', '\\\\udfff', '\u001f', '\uffff'])(
  'a claim with the text %j is accepted',
  (email) => {
    expect(acceptClaims({ ...payload, email }, config, NOW)).toMatchObject({ claims: { email } })
  },
)
