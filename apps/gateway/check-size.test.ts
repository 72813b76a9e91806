/** The size check of the Worker, on bundles within and beyond the budget. */
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

const SCRIPT = fileURLToPath(new URL('check-size.ts', import.meta.url))
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'db9-size-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function check(bundle: Uint8Array) {
  const file = join(folder, 'index.js')
  writeFileSync(file, bundle)
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, file], { encoding: 'utf8' })
  return { status, stdout, stderr }
}

test('a bundle within the budget passes, and its size is printed', () => {
  const { status, stdout } = check(Buffer.alloc(749_000))
  expect([status, stdout]).toEqual([0, expect.stringContaining('749.0 kB plain of 760.0 kB')])
})

test.each([
  ['plain', Buffer.alloc(760_001), '760.0 kB plain of 760.0 kB'],
  ['compressed', randomBytes(300_000), 'gzip of 208.0 kB'],
])('a bundle that is too large %s fails with its size and the budget', (_, bundle, text) => {
  const { status, stderr } = check(bundle)
  expect([status, stderr]).toEqual([1, expect.stringContaining(text)])
})
