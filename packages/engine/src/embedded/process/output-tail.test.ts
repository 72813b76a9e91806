/** Tests of what is kept of a program's output. */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { readFileEnd, readOutput } from './output-tail.ts'
import { lastLines } from './server-record.ts'

const chunks = (...texts: string[]) => Readable.from(texts.map((text) => Buffer.from(text)))

test('keeps all of a short output, of each stream', async () => {
  expect(await readOutput([chunks('a', 'b'), null, chunks('c')], 10)).toEqual({ text: 'abc', isCut: false })
})

test('keeps the end of a long output, and says that it is cut', async () => {
  expect(await readOutput([chunks('0123', '4567', '89')], 5)).toEqual({ text: '56789', isCut: true })
})

test('reads the end of a file, and nothing of one that there is not', () => {
  const folder = mkdtempSync(join(tmpdir(), 'db9-tail-'))
  try {
    const path = join(folder, 'log')
    expect(readFileEnd(path, 4)).toBe('')
    writeFileSync(path, 'abcdef')
    expect(readFileEnd(path, 4)).toBe('cdef')
    // A gigabyte that takes no room: no text could hold it.
    truncateSync(path, 2 ** 30)
    expect(lastLines(path).length).toBeLessThan(10_000)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
