/** Zip archives that say something else of themselves than they hold. */
import { zipSync } from 'fflate'
import { expect, test } from 'vitest'
import { BundleError } from './bundle-error.ts'
import { unzip } from './zip.ts'

const CENTRAL = Buffer.from('PK\x01\x02', 'latin1')
const CRC_AT = 16
const SIZE_AT = 24
const SCRIPT = new TextEncoder().encode('exports.handler = () => 1')
const MB = 2 ** 20

/** An archive whose last entry states `value` at a place of the central directory. */
function lying(files: Record<string, Uint8Array>, at: number, value: number): Buffer {
  const zip = Buffer.from(zipSync(files))
  zip.writeUInt32LE(value, zip.lastIndexOf(CENTRAL) + at)
  return zip
}

test('gives the files of an archive, stored and deflated, without its folders', async () => {
  const files = { 'a/': new Uint8Array(), './a/b.js': SCRIPT, 'c.bin': new Uint8Array(50_000) }
  const unpacked = await unzip(Buffer.from(zipSync(files, { level: 6 })))
  expect(Object.keys(unpacked)).toEqual(['a/b.js', 'c.bin'])
  expect(unpacked['a/b.js']).toEqual(Buffer.from(SCRIPT))
  expect(unpacked['c.bin']).toHaveLength(50_000)
  expect(await unzip(Buffer.from(zipSync({ 'a.js': SCRIPT }, { level: 0 })))).toHaveProperty(['a.js'])
})

test('refuses content beyond the stated size', async () => {
  const zip = lying({ 'index.js': SCRIPT, 'b.bin': new Uint8Array(64 * MB) }, SIZE_AT, 1000)
  await expect(unzip(zip)).rejects.toThrow(/"b\.bin" is not of the size/)
})

test.each([
  ['a larger size than there is', SIZE_AT, 30_000],
  ['a smaller size than there is', SIZE_AT, 10],
  ['another checksum', CRC_AT, 1],
])('refuses %s', async (_, at, value) => {
  const zip = lying({ 'index.js': SCRIPT, 'b.bin': new Uint8Array(20_000) }, at, value)
  await expect(unzip(zip)).rejects.toThrow(/size or the checksum/)
})

test.each([
  ['files', (i: number) => `f${i}.txt`, 501],
  ['folders', (i: number) => `d${i}/`, 1_001],
])('refuses too many %s', async (_, nameOf, count) => {
  const files = Object.fromEntries(Array.from({ length: count }, (_, i) => [nameOf(i), new Uint8Array()]))
  await expect(unzip(Buffer.from(zipSync(files)))).rejects.toThrow(/at most 500 files/)
})

test('refuses files that are too large together, before one of them is too large', async () => {
  const files = Object.fromEntries(
    Array.from({ length: 6 }, (_, i) => [`f${i}.bin`, [new Uint8Array(10 * MB), { level: 0 }] as const]),
  )
  await expect(unzip(Buffer.from(zipSync(files as never)))).rejects.toThrow(/bytes unpacked/)
})

test('refuses what is no archive beyond its first bytes', async () => {
  await expect(unzip(Buffer.from('PK\x03\x04 and nothing more'))).rejects.toThrow(BundleError)
})
