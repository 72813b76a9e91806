/** The parts of a URL, beside those of a URL object. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseRequestUrl, type RequestUrl } from './url.ts'

const partsOf = ({ hostname, pathname, search }: { hostname: string; pathname: string; search: string }) => ({
  hostname,
  pathname,
  search,
})

test.each([
  'http://localhost:9009/db/x/rest/v1/todos?select=id&id=eq.1',
  'https://DB.Example.com/a//b/',
  'http://a/b/../c',
  'http://a/b/./c',
  'http://a/b/%2e%2E/c',
  'http://a/b/.%2e/c',
  'http://a/b/...',
  'http://a/x.y/z..',
  'http://[::1]:80/a',
  'http://a/ä?ö',
  'http://a/b\\c',
  'http://a',
  'http://a?x',
  "http://a/it's",
])('%s has the path and host of a URL object', (text) => {
  const { search: _, ...expected } = partsOf(new URL(text))
  expect(parseRequestUrl(text)).toMatchObject(expected)
})

test('a URL has the parts of a URL object, and its query as it was sent', () => {
  fc.assert(
    fc.property(fc.webUrl({ withQueryParameters: true }), (text) => {
      const { search, ...rest } = partsOf(parseRequestUrl(text) as RequestUrl)
      const { search: expected, ...expectedRest } = partsOf(new URL(text))
      expect(rest).toEqual(expectedRest)
      expect(search.replaceAll("'", '%27')).toBe(expected)
    }),
  )
})

test('every path is the one that a URL object gives', () => {
  const segment = fc.oneof(
    fc.constantFrom('.', '..', '%2e', '%2E%2e', '.%2e', 'db', '', 'a.b', '%2f'),
    fc.string(),
  )
  fc.assert(
    fc.property(fc.array(segment), (segments) => {
      const text = `http://a/${segments.join('/')}`
      if (!URL.canParse(text)) return
      expect(parseRequestUrl(text)?.pathname).toBe(new URL(text).pathname)
    }),
  )
})

test.each(['http://[/a', 'http://a b/a', 'http://a:99999/ä', `http://${'a.'.repeat(127)}a/b`])(
  '%s is not a URL',
  (text) => {
    expect(parseRequestUrl(text)).toBeNull()
  },
)
