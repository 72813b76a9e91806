import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ApiError } from '../errors.ts'
import { refusal } from '../testing/refusal.ts'
import { parseOriginPattern } from './origins.ts'
import { parseKeyPolicy } from './policy.ts'

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

  test('is an origin or a wildcard over one for any accepted text', () => {
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

describe('a key', () => {
  test('has these limits for an empty body', () => {
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
    [{ exposed_functions: ['public.*.x'] }, 'exposed_functions.0'],
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
