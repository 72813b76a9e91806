import { appendFileSync, mkdirSync, mkdtempSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { LEAST_QUOTA_BYTES } from '../../settings.ts'
import { quotaBound, sourceBound, withinBounds } from './copy-bounds.ts'
import { SLACK_BYTES } from './copy-size.ts'

const MB = 2 ** 20
const never = new AbortController().signal

let folder: string
let source: string
let copy: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'db9-room-'))
  source = join(folder, 'source')
  copy = join(folder, 'copy')
  mkdirSync(copy)
  writeFileSync(source, Buffer.alloc(MB, 'x'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** As a copy of a file that grows as fast as it is copied. */
const grow = (mostBytes: number) => async (signal: AbortSignal) => {
  for (let bytes = 0; bytes < mostBytes; bytes += MB) {
    signal.throwIfAborted()
    appendFileSync(join(copy, 'file'), Buffer.alloc(MB, 'x'))
    await sleep(1)
  }
}

test('a copy that grows beyond what its source takes is ended', async () => {
  const room = { folder: copy, bounds: [sourceBound([source])], reserveBytes: 0 }
  await expect(withinBounds(room, never, grow(100_000 * MB))).rejects.toMatchObject({ code: 'corrupt' })
})

test('a copy that was done before the first look at it is refused all the same', async () => {
  const room = { folder: copy, bounds: [sourceBound([source])], reserveBytes: 0 }
  const fill = async () => writeFileSync(join(copy, 'file'), Buffer.alloc(SLACK_BYTES + 4 * MB, 'x'))
  await expect(withinBounds(room, never, fill)).rejects.toMatchObject({ code: 'corrupt' })
})

test('a copy may grow with its source', async () => {
  const room = { folder: copy, bounds: [sourceBound([source])], reserveBytes: 0 }
  const fill = async () => {
    const content = Buffer.alloc(SLACK_BYTES + 4 * MB, 'x')
    for (const path of [source, join(copy, 'file')]) writeFileSync(path, content)
    return 'whole'
  }
  expect(await withinBounds(room, never, fill)).toBe('whole')
})

test('a copy of which the quota allows no more is ended, and says what to do', async () => {
  const bound = quotaBound(LEAST_QUOTA_BYTES)
  const room = { folder: copy, bounds: [bound], reserveBytes: 0 }
  await expect(withinBounds(room, never, grow(2 * (await bound.mostBytes())))).rejects.toMatchObject({
    code: 'too_large',
    message: expect.stringContaining('larger quota'),
  })
})

test('a copy is not begun on a volume that is down to its reserve', async () => {
  const { blocks, bsize } = statfsSync(folder)
  const room = { folder: copy, bounds: [], reserveBytes: 2 * blocks * bsize }
  await expect(withinBounds(room, never, grow(MB))).rejects.toMatchObject({ code: 'no_space' })
  expect(statSync(join(copy, 'file'), { throwIfNoEntry: false })).toBeUndefined()
})
