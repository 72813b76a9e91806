import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromBase64Url, hmacKey, sha256Hex, timingSafeEqual, toBase64Url } from './crypto.ts'

test('base64url gives back the bytes it was made of', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const text = toBase64Url(bytes)
      expect(text).toMatch(/^[\w-]*$/)
      expect(fromBase64Url(text)).toEqual(bytes)
    }),
  )
})

test.each(['a', 'ab=', 'a+b/', 'a b c'])('"%s" is no base64url', (text) =>
  expect(fromBase64Url(text)).toBeNull(),
)

test('a signing secret shorter than 32 characters is refused', async () => {
  await expect(hmacKey('x'.repeat(31))).rejects.toThrow('32 characters')
})

test('SHA-256 is the one of FIPS 180-4', async () => {
  expect(await sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})

test('equal is equal and nothing else is', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (left, right) => {
      expect(timingSafeEqual(left, right)).toBe(left === right)
      expect(timingSafeEqual(left, left)).toBe(true)
    }),
  )
})
