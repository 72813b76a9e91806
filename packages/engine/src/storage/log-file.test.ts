import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { cutLog } from './log-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'db9-log-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('leaves a short log as it is', () => {
  const path = join(folder, 'short.log')
  writeFileSync(path, 'x'.repeat(100))
  cutLog(path, 100)
  expect(statSync(path).size).toBe(100)
})

test('keeps the last lines of a long one beside it', () => {
  const path = join(folder, 'long.log')
  const lines = Array.from({ length: 100_000 }, (_, i) => `line ${i}\n`).join('')
  writeFileSync(path, lines)
  cutLog(path, 1_000)
  expect(statSync(path).size).toBe(0)
  expect(readFileSync(`${path}.1`, 'utf8')).toBe(lines.slice(-256 * 1024))
  appendFileSync(path, 'next')
  expect(readFileSync(path, 'utf8')).toBe('next')
})

test('does not follow a link', () => {
  const path = join(folder, 'link.log')
  writeFileSync(join(folder, 'target'), 'x'.repeat(2_000))
  symlinkSync(join(folder, 'target'), path)
  expect(() => cutLog(path, 1_000)).toThrow('ELOOP')
  expect(statSync(join(folder, 'target')).size).toBe(2_000)
})
