import { expect, test } from 'vitest'
import { checksumOf, isWithoutTransaction, previewOf } from './content.ts'

const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

test('the checksum is that of the exact text', async () => {
  expect(await checksumOf('', undefined)).toBe(`sha256:${EMPTY}`)
  for (const stated of [EMPTY, `sha256:${EMPTY}`, EMPTY.toUpperCase()])
    expect(await checksumOf('', stated)).toBe(`sha256:${EMPTY}`)
  await expect(checksumOf(' ', EMPTY)).rejects.toThrow('checksum: the SHA-256 of sql is')
  await expect(checksumOf('', 'md5:1')).rejects.toThrow('checksum: must be')
})

test.each([
  ['-- db9:no-transaction\ncreate index', true],
  ['-- why\n\n  --db9:no-transaction \r\ncreate index', true],
  ['-- db9:no-transaction', true],
  ['create index; -- db9:no-transaction', false],
  ["select '\n-- db9:no-transaction\n'", false],
  ['-- db9:no-transactions\nselect 1', false],
])('%j runs without a transaction: %s', (sql, is) => {
  expect(isWithoutTransaction(sql)).toBe(is)
})

test.each([
  ['create table users (id int)', 'create table users (id int)'],
  ["create role a login password 'se''cret';", "create role a login password '***';"],
  ['alter role a encrypted PASSWORD\n$$secret$$ login', "alter role a encrypted PASSWORD\n'***' login"],
  [String.raw`alter role a password E'sec\'ret' login`, "alter role a password '***' login"],
  ["alter role a password U&'secret'", "alter role a password '***'"],
  [
    "create user mapping for a server s options (user 'b', password 'secret')",
    "create user mapping for a server s options (user 'b', password '***')",
  ],
  [
    "create subscription s connection 'host=h password=secret user=u' publication p",
    "create subscription s connection 'host=h password=*** user=u' publication p",
  ],
  [
    "create subscription s connection 'postgres://u:secret@h/d' publication p",
    "create subscription s connection 'postgres://u:***@h/d' publication p",
  ],
])('the preview of %j has no password', (sql, preview) => {
  expect(previewOf(sql)).toBe(preview)
})

test('the preview is 200 characters long, and a password that its end would cut is not in it', () => {
  expect(previewOf('x'.repeat(500))).toBe('x'.repeat(200))
  const sql = `${'x'.repeat(170)} password 'a secret that goes beyond the end of the preview'`
  expect(previewOf(sql)).not.toContain('secret')
  expect([...previewOf('😀'.repeat(300))]).toHaveLength(200)
})
