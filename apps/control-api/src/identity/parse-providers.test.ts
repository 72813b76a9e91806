import { describe, expect, test } from 'vitest'
import { parseProviders } from './parse-providers.ts'

const row = { issuer: 'https://idp.example', audience: 'client', jwks_url: 'https://idp.example/keys' }
const algorithms = ['RS256', 'ES256', 'EdDSA']

test('one client id is a list of one, and what is left out has its default', () => {
  const other = { ...row, issuer: 'https://b.example', audience: ['a', 'b'], sign_up: true }
  expect(parseProviders([row, other], false)).toEqual([
    { ...row, audience: ['client'], algorithms, sign_up: false },
    { ...other, algorithms },
  ])
  expect(parseProviders([], false)).toEqual([])
})

describe('a start is refused', () => {
  test.each<[string, unknown, string]>([
    ['without a client id', [{ ...row, audience: undefined }], '0.audience'],
    ['with a shared secret', [{ ...row, algorithms: ['HS256'] }], '0.algorithms.0'],
    ['with no algorithm', [{ ...row, algorithms: [] }], '0.algorithms'],
    ['with an unknown field', [{ ...row, secret: 'x' }], '0.secret: is not a known field'],
    ['with two rows of one issuer', [row, row], 'two have one issuer'],
    ['with something else', 'https://idp.example', 'expected array'],
  ])('%s', (_, list, problem) => {
    expect(() => parseProviders(list, false)).toThrow(problem)
  })

  test('with keys on an address that is not public, or by plain http', () => {
    for (const jwks_url of [
      'http://127.0.0.1:1/k',
      'http://idp.example.com/k',
      'https://10.0.0.1/k',
      'https://idp.internal/k',
    ])
      expect(() => parseProviders([{ ...row, jwks_url }], false)).toThrow(/^DB9_OIDC_PROVIDERS: jwks_url of /)
    expect(parseProviders([{ ...row, jwks_url: 'http://127.0.0.1:1/k' }], true)).toHaveLength(1)
  })
})
