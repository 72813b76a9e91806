import { generateKeyPair } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ApiError } from '../errors.ts'
import { type OidcProvider, startOidcProvider } from '../testing/oidc-provider.ts'
import { IdTokens } from './id-tokens.ts'

let one: OidcProvider
let two: OidcProvider
let idTokens: IdTokens
beforeAll(async () => {
  one = await startOidcProvider()
  two = await startOidcProvider({ audience: ['a', 'b'], sign_up: true })
  idTokens = new IdTokens([one.row, two.row], { allowLocal: true })
})
afterAll(async () => {
  await one?.close()
  await two?.close()
})

const verdict = async (token: string, tokens = idTokens) =>
  tokens.verify(token, Date.now()).catch((error: unknown) => {
    if (!(error instanceof ApiError)) throw error
    return `${error.status} ${error.message}`
  })

describe('an id_token', () => {
  test('of each provider proves its subject, by the keys of that provider, which are fetched once', async () => {
    expect(await verdict(await one.idToken({ sub: 'ada', email: 'ada@example.com' }))).toEqual({
      issuer: one.row.issuer,
      subject: 'ada',
      email: 'ada@example.com',
      maySignUp: false,
    })
    expect(await verdict(await two.idToken({ aud: 'b', email_verified: 'true' }))).toMatchObject({
      maySignUp: true,
    })
    await verdict(await one.idToken())
    expect(one.fetches()).toBe(1)
  })

  test('for several clients is taken where one of ours asked for it', async () => {
    expect(await verdict(await one.idToken({ aud: ['client-1', 'x'], azp: 'client-1' }))).toBeTypeOf('object')
    expect(await verdict(await one.idToken({ aud: ['client-1', 'x'], azp: 'x' }))).toMatch(
      '401 id_token: azp',
    )
    expect(await verdict(await one.idToken({ aud: ['client-1', 'x'] }))).toMatch('401 id_token: azp')
  })

  test.each<[string, Parameters<OidcProvider['idToken']>[0], Parameters<OidcProvider['idToken']>[1], string]>(
    [
      ['of another issuer', { iss: 'https://evil.example' }, {}, 'iss is none of http://'],
      ['for another client', { aud: 'other' }, {}, 'aud is missing or not accepted: expected client-1'],
      ['that has expired', {}, { expires: '-1m' }, 'has expired'],
      ['that never expires', {}, { expires: null }, 'exp is missing'],
      ['of long ago', { iat: 1_700_000_000 }, { expires: '10m' }, 'has expired'],
      ['without a subject', { sub: '' }, {}, 'sub is missing'],
      ['with half of a character', { sub: 'a\ud800' }, {}, 'sub is missing'],
      ['with an unverified address', { email_verified: false }, {}, 'email_verified is not true'],
      ['that says nothing of verification', { email_verified: undefined }, {}, 'email_verified is not true'],
      ['without an address', { email: undefined }, {}, 'email is missing'],
      ['with an unknown kid', {}, { kid: 'k2' }, 'its signature is not'],
    ],
  )('%s is 401', async (_, claims, options, problem) => {
    expect(await verdict(await one.idToken(claims, options))).toMatch(`401 id_token: ${problem}`)
  })

  test('that another key has signed is 401, and so is one that no key has', async () => {
    const { privateKey } = await generateKeyPair('ES256')
    expect(await verdict(await one.idToken({}, { key: privateKey }))).toMatch('401 id_token: its signature')
    const shared = await one.idToken({}, { key: new TextEncoder().encode('x'.repeat(32)), alg: 'HS256' })
    expect(await verdict(shared)).toBe('401 id_token: alg is not one that this provider may use')
    const [, payload] = (await one.idToken()).split('.')
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`
    expect(await verdict(none)).toMatch('401 id_token: ')
    // Keys of one provider prove nothing about identities of another.
    expect(await verdict(await two.idToken({ iss: one.row.issuer }))).toMatch('401 id_token: its signature')
  })

  test('that is none is 401', async () => {
    for (const text of ['x', 'a.b.c', '..', 'x'.repeat(9000)])
      expect(await verdict(text)).toMatch('401 id_token: ')
  })

  test('by an algorithm that the provider may not use is 401', async () => {
    const rsaOnly = new IdTokens([{ ...one.row, algorithms: ['RS256'] }], { allowLocal: true })
    expect(await verdict(await one.idToken(), rsaOnly)).toMatch('401 id_token: alg')
  })

  test.each([
    ['an error', { status: 500, body: '{}' }],
    ['no key set', { status: 200, body: '<html>' }],
    ['a redirect', { status: 302, body: '' }],
    ['too much', { status: 200, body: `{"keys":[]}${' '.repeat(70_000)}` }],
  ])('is 503 where the provider answers with %s', async (_, reply) => {
    const fresh = new IdTokens([one.row], { allowLocal: true })
    one.answerWith(reply)
    expect(await verdict(await one.idToken(), fresh)).toMatch(
      `503 the keys of ${one.row.issuer} cannot be fetched`,
    )
    one.answerWith(null)
    expect(await verdict(await one.idToken(), fresh)).toBeTypeOf('object')
  })

  test('is 422 where no provider is set up', async () => {
    const none = new IdTokens([], { allowLocal: true })
    expect(await verdict(await one.idToken(), none)).toMatch('422 no identity provider is set up here')
  })
})
