/** How long bundles are kept, and how many are unpacked at once. */
import { createHash } from 'node:crypto'
import { zipSync } from 'fflate'
import { expect, test } from 'vitest'
import { BundleStore } from './store.ts'

const KB = 1024
const script = new TextEncoder().encode('exports.handler = () => 1')
/** Of few bytes, and far more unpacked. */
const bundle = (name: string) =>
  Buffer.from(zipSync({ 'index.js': script, [`${name}.txt`]: new Uint8Array(60 * KB).fill(97) }))
const digestOf = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

test('counts bundles as they are unpacked, and gives up those that are longest unused', async () => {
  const bundles = new Map(['a', 'b', 'c'].map(bundle).map((bytes) => [digestOf(bytes), bytes]))
  const [a = '', b = '', c = ''] = bundles.keys()
  const fetched: string[] = []
  const store = new BundleStore(async (_, digest) => {
    fetched.push(digest)
    return bundles.get(digest) ?? null
  }, 130 * KB)
  for (const digest of [a, b, a, c, a, b]) await store.get('db', digest, 'index.handler')
  expect(fetched).toEqual([a, b, c, b])
})

test('unpacks four at once, and the next when one of them is done', async () => {
  const waiting: ((bytes: null) => void)[] = []
  const store = new BundleStore(() => new Promise((resolve) => waiting.push(resolve)))
  const asked = Array.from({ length: 6 }, (_, i) =>
    store.get('db', `sha256:${i}`, 'index.handler').catch(() => i),
  )
  await expect.poll(() => waiting.length).toBe(4)
  waiting[0]?.(null)
  await expect.poll(() => waiting.length).toBe(5)
  waiting[1]?.(null)
  await expect.poll(() => waiting.length).toBe(6)
  for (const done of waiting) done(null)
  expect(await Promise.all(asked)).toEqual([0, 1, 2, 3, 4, 5])
})
