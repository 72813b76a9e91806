/** Tests of how log files are set aside while they are written to. */
import { mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fileLogger, logPath, rotateByCopy } from './logs.ts'

const MAX_BYTES = 10_000

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'db9-logs-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0

test('a log that grows large is set aside while it is written to, and no line is lost', async () => {
  const log = fileLogger(home, 'part', MAX_BYTES)
  const path = logPath(home, 'part')
  for (let line = 0; line < 200; line++) log.info({ line }, 'x'.repeat(50))
  await expect.poll(() => sizeOf(`${path}.1`)).toBeGreaterThan(MAX_BYTES)
  log.info({ line: 200 }, 'after')
  log.close()
  const lines = [`${path}.1`, path].flatMap((file) => readFileSync(file, 'utf8').trimEnd().split('\n'))
  expect(lines.map((line) => JSON.parse(line).line)).toEqual(Array.from({ length: 201 }, (_, line) => line))
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test('the log of a process that holds it open is set aside, and the process writes on from its beginning', async () => {
  const path = logPath(home, 'program')
  const held = openSync(path, 'a', 0o600)
  const end = rotateByCopy(path, MAX_BYTES)
  writeSync(held, 'a'.repeat(MAX_BYTES + 1))
  await expect.poll(() => sizeOf(`${path}.1`)).toBe(MAX_BYTES + 1)
  await expect.poll(() => sizeOf(path)).toBe(0)
  writeSync(held, 'b')
  end()
  expect(readFileSync(path, 'utf8')).toBe('b')
  expect(statSync(`${path}.1`).mode & 0o777).toBe(0o600)
})

test('keeps a second file at most', async () => {
  const log = fileLogger(home, 'part', MAX_BYTES)
  const path = logPath(home, 'part')
  for (let round = 0; round < 2; round++) {
    for (let line = 0; line < 200; line++) log.info({ round }, 'x'.repeat(50))
    await expect.poll(() => sizeOf(path)).toBeLessThan(MAX_BYTES)
  }
  log.close()
  expect(JSON.parse(readFileSync(`${path}.1`, 'utf8').split('\n')[0] ?? '').round).toBe(1)
  expect(sizeOf(`${path}.2`)).toBe(0)
})
