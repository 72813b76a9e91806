/** The headers and cookies that SQL sees. */
import { expect, test } from 'vitest'
import { sessionCookies, sessionHeaders } from './session-headers.ts'

test('SQL sees the headers of the request, without credentials and internal headers', () => {
  const headers = new Headers({
    accept: 'application/json',
    'x-client-info': 'supabase-js',
    authorization: 'Bearer jwt',
    apikey: 'db9pk_x',
    cookie: 'a=b',
    'cf-ray': '1',
    'sec-fetch-mode': 'cors',
    'x-db9-role': 'admin',
    'x-forwarded-for': '6.6.6.6',
    'x-real-ip': '6.6.6.6',
  })
  expect(sessionHeaders(headers, '192.0.2.1')).toEqual({
    accept: 'application/json',
    'x-client-info': 'supabase-js',
    'x-forwarded-for': '192.0.2.1',
  })
})

test('SQL sees the cookies, without those that carry a session, a token or a key', () => {
  const header =
    'theme=dark; lang="en"; a=b=c; =x; flag; sb-x-auth-token=1; __Host-id=2; PHPSESSID=3; sid=4; csrf=5; api_key=6; monkey=7'
  expect(sessionCookies(header)).toEqual({ theme: 'dark', lang: '"en"', a: 'b=c', monkey: '7' })
  expect(sessionCookies(null)).toEqual({})
})
