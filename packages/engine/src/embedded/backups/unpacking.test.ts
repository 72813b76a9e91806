/** A backup is read by a process of its own, which is not trusted to end. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { PassThrough, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { DataFacts } from './manifest.ts'
import { Packing } from './packing.ts'
import { readStored } from './unpacking.ts'

const MANY = 10_000

let base: string
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'db9-unpacking-'))
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

async function pack(files: number): Promise<{ content: Buffer; expected: DataFacts }> {
  const data = join(base, 'packed')
  mkdirSync(join(data, 'global'), { recursive: true })
  writeFileSync(join(data, 'global', 'pg_control'), 'control')
  mkdirSync(join(data, 'base'))
  for (let i = 0; i < files; i++) writeFileSync(join(data, 'base', String(i)), '')
  const packing = new Packing(data)
  const content = buffer(packing.content)
  await packing.data(data)
  return { expected: await packing.end(), content: await content }
}
/** In more than one piece. */
const streamOf = (content: Buffer) => Readable.from([content.subarray(0, 100), content.subarray(100)])

test('its files are those that were packed', async () => {
  const { content, expected } = await pack(1)
  const into = join(base, 'restored')
  mkdirSync(into)
  await readStored(streamOf(content), { expected, into }, undefined)
  expect(readFileSync(join(into, 'global', 'pg_control'), 'utf8')).toBe('control')
  await readStored(streamOf(content), { expected, into: null }, undefined)
})

test('throws corrupt for less than all of what was written', async () => {
  const { content, expected } = await pack(1)
  const check = (each: Buffer) => readStored(streamOf(each), { expected, into: null }, undefined)
  await expect(check(content.subarray(0, -1))).rejects.toMatchObject({ code: 'corrupt' })
  const changed = Buffer.from(content)
  changed[content.length - 1] = (content.at(-1) ?? 0) ^ 1
  await expect(check(changed)).rejects.toMatchObject({ code: 'corrupt' })
})

test('what the store says is told as it is, and an end asked for is no damage', async () => {
  const { content, expected } = await pack(1)
  const failing = new PassThrough()
  failing.write(content.subarray(0, 100))
  const reading = readStored(failing, { expected, into: null }, undefined)
  failing.destroy(new Error('the store has gone'))
  await expect(reading).rejects.toThrow('the store has gone')

  const abort = new AbortController()
  const calledOff = readStored(new PassThrough(), { expected, into: null }, abort.signal)
  abort.abort()
  await expect(calledOff).rejects.toMatchObject({ name: 'AbortError' })
})

test('very many files leave the service its time', async () => {
  const { content, expected } = await pack(MANY)
  const before = performance.eventLoopUtilization()
  await readStored(streamOf(content), { expected, into: null }, undefined)
  expect(performance.eventLoopUtilization(before).utilization).toBeLessThan(0.5)
})
