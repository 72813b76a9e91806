import { closeSync, mkdtempSync, openSync, rmSync, unlinkSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { hiddenBytes } from './hidden.ts'

const folder = mkdtempSync(join(tmpdir(), 'db9-hidden-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test.runIf(process.platform === 'linux')('finds the blocks of a file that is open and deleted, once', () => {
  const path = join(folder, 'junk')
  const before = hiddenBytes([process.pid], folder)
  const [file, again] = [openSync(path, 'w'), openSync(path, 'w')]
  writeSync(file, Buffer.alloc(2 ** 20, 1))
  expect(hiddenBytes([process.pid], folder)).toBe(before)
  unlinkSync(path)
  const found = hiddenBytes([process.pid], folder) - before
  expect(found).toBeGreaterThanOrEqual(2 ** 20)
  expect(found).toBeLessThan(2 * 2 ** 20)
  closeSync(file)
  closeSync(again)
  expect(hiddenBytes([process.pid], folder)).toBe(before)
})

test('a process that is not there hides nothing', () => {
  expect(hiddenBytes([2 ** 22 + 1], folder)).toBe(0)
})
