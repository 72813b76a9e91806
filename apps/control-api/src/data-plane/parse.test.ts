import { DATA_API_DEFAULTS } from '@db9/types/internal'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ApiError } from '../errors.ts'
import { parseAuthConfig } from './auth-config.ts'
import { parseDataApiSettings } from './data-api.ts'
import { parseJwksUrl } from './jwks-url.ts'
import { parseKeyPolicy } from './key-policy.ts'
import { parseQualifiedName } from './names.ts'
import { parseOriginPattern } from './origins.ts'

function refusal(work: () => unknown): string {
  try {
    return `accepted: ${JSON.stringify(work())}`
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return `${error.status} ${error.message}`
  }
}

describe('an allowed origin', () => {
  test.each([
    'https://app.example.com',
    'https://app.example.com:8443',
    'https://*.example.com',
    'https://*.example.co.uk',
    'https://*.example.com:8443',
    'https://*.my-app.vercel.app',
    'http://localhost:5173',
    'http://127.0.0.1',
    'http://[::1]:3000',
    'https://xn--bcher-kva.example',
  ])('may be %s', (text) => expect(parseOriginPattern(text, 'f')).toBe(text))

  test('is kept in lower case, as browsers send it', () => {
    expect(parseOriginPattern('HTTPS://App.Example.COM', 'f')).toBe('https://app.example.com')
  })

  test.each([
    ['https://app.example.com/', 'write https://app.example.com'],
    ['https://app.example.com:443', 'write https://app.example.com'],
    ['https://app.example.com/path?x', 'write https://app.example.com'],
    ['https://user@app.example.com', 'write https://app.example.com'],
    ['https://bücher.example', 'write https://xn--bcher-kva.example'],
    ['http://app.example.com', 'http is allowed for localhost'],
    ['http://*.localhost', 'must be an origin'],
    ['https://*', 'must be an origin'],
    ['https://*.*.example.com', 'must be an origin'],
    ['https://a*.example.com', 'must be an origin'],
    ['https://*.com', 'anybody'],
    ['https://*.co.uk', 'anybody'],
    ['https://*.vercel.app', 'anybody'],
    ['https://*.github.io', 'anybody'],
    ['https://*.1.2.3.4', 'anybody'],
    ['https://*.localhost', 'anybody'],
    ['https://app.example.com.', 'dot'],
    ['null', 'must be an origin'],
    ['*', 'must be an origin'],
    ['', 'must be an origin'],
    ['file:///x', 'must be an origin'],
    ['javascript:alert(1)', 'must be an origin'],
    ['chrome-extension://abcdef', 'must be an origin'],
    ['^https://.*$', 'must be an origin'],
  ])('is not %s', (text, problem) => {
    expect(refusal(() => parseOriginPattern(text, 'allowed_origins.0'))).toMatch(/^422 allowed_origins\.0: /)
    expect(refusal(() => parseOriginPattern(text, 'allowed_origins.0'))).toContain(problem)
  })

  test('whatever the text, what is kept is an origin or a wildcard over one', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.webUrl(),
          fc.webUrl().map((url) => url.replace('://', '://*.')),
        ),
        (text) => {
          try {
            const kept = parseOriginPattern(text, 'f')
            const plain = kept.replace('://*.', '://')
            expect(new URL(plain).origin).toBe(plain)
          } catch (error) {
            expect(error).toBeInstanceOf(ApiError)
          }
        },
      ),
    )
  })
})

describe('a qualified name', () => {
  test.each([
    ['posts', { schema: null, name: 'posts' }],
    ['api.posts', { schema: 'api', name: 'posts' }],
    ['"a.b"', { schema: null, name: 'a.b' }],
    ['"my schema"."a.""b"', { schema: 'my schema', name: 'a."b' }],
    ['Posts', { schema: null, name: 'Posts' }],
  ])('%s', (text, name) => expect(parseQualifiedName(text, 'f')).toEqual(name))

  test.each(['', '.', 'a.', '.a', 'a.b.c', '"a', 'a"b', '""', 'a\0b', 'x'.repeat(64), 'a."b"c'])(
    'is not "%s"',
    (text) => {
      expect(refusal(() => parseQualifiedName(text, 'f'))).toMatch(/^422 f: /)
    },
  )

  test('any two parts, quoted, are read back', () => {
    const part = fc.string({ minLength: 1, maxLength: 15 }).filter((text) => !/\p{Cc}/u.test(text))
    const quote = (text: string) => `"${text.replaceAll('"', '""')}"`
    fc.assert(
      fc.property(part, part, (schema, name) => {
        expect(parseQualifiedName(`${quote(schema)}.${quote(name)}`, 'f')).toEqual({ schema, name })
      }),
    )
  })
})

describe('a key', () => {
  test('of which nothing is said has these limits', () => {
    expect(parseKeyPolicy({})).toEqual({
      allowed_origins: null,
      allow_no_origin: false,
      exposed_schemas: ['public'],
      exposed_tables: null,
      exposed_functions: [],
      require_rls: true,
      rate_limit: { rps: 100, burst: 200, costs: { write: 1, rpc: 1 } },
      on_limiter_failure: 'reads',
    })
  })

  test.each([
    [{ exposed_schemas: ['pg_catalog'] }, 'exposed_schemas.0'],
    [{ exposed_schemas: ['public', 'PG_toast'] }, 'exposed_schemas.1'],
    [{ exposed_schemas: ['information_schema'] }, 'exposed_schemas.0'],
    [{ exposed_schemas: ['auth'] }, 'exposed_schemas.0'],
    [{ exposed_schemas: ['db9'] }, 'exposed_schemas.0'],
    [{ exposed_schemas: ['extensions'] }, 'exposed_schemas.0'],
    [{ exposed_schemas: [] }, 'exposed_schemas'],
    [{ exposed_tables: ['auth.users'] }, 'exposed_tables.0'],
    [{ exposed_tables: ['ok', 'a.b.c'] }, 'exposed_tables.1'],
    [{ exposed_functions: ['pg_catalog.pg_sleep'] }, 'exposed_functions.0'],
    [{ allowed_origins: [] }, 'allowed_origins'],
    [{ allowed_origins: ['https://ok.example', '*'] }, 'allowed_origins.1'],
    [{ rate_limit: { rps: 0 } }, 'rate_limit.rps'],
    [{ rate_limit: { rps: 100_001 } }, 'rate_limit.rps'],
    [{ rate_limit: { burst: 0 } }, 'rate_limit.burst'],
    [{ rate_limit: { burst: 5, costs: { write: 6 } } }, 'rate_limit.costs.write'],
    [{ rate_limit: { costs: { rpc: 0 } } }, 'rate_limit.costs.rpc'],
  ])('is refused with %j', (body, field) => {
    expect(refusal(() => parseKeyPolicy(body))).toContain(`422 ${field}: `)
  })
})

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

  test('may be on this machine where that is allowed, and in no other network', () => {
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

  test('of which only the needed is said has these defaults', () => {
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

  test('has one mode', () => expect(refusal(parse(whole, 'hosted'))).toBe('422 auth_mode: must be "byo_jwt"'))
})

describe('data API settings', () => {
  test('of which nothing is said are the defaults', () => {
    expect(parseDataApiSettings({})).toEqual(DATA_API_DEFAULTS)
  })

  test.each([
    [{ max_rows: 0 }, 'max_rows'],
    [{ statement_timeout_ms: { anon: 60_001 } }, 'statement_timeout_ms.anon'],
    [{ caps: { url_bytes: 16_385 } }, 'caps.url_bytes'],
    [{ caps: { embeds: 0 } }, 'caps.embeds'],
    [{ pre_request: 'a.b.c' }, 'pre_request'],
    [{ extra_search_path: ['ok', ''] }, 'extra_search_path.1'],
  ])('are refused with %j', (body, field) => {
    expect(refusal(() => parseDataApiSettings(body))).toContain(`422 ${field}: `)
  })
})
