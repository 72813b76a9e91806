import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { until } from '../../testing/databases.ts'
import { WarmPool } from './warm-pool.ts'

let folder: string
let template: string
const pools: WarmPool[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'db9-pool-'))
  template = join(folder, 'template-abc')
  mkdirSync(join(template, 'data'), { recursive: true })
  writeFileSync(join(template, 'data', 'PG_VERSION'), '18\n')
})
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close()
  rmSync(folder, { recursive: true, force: true })
})

async function openPool(size: number): Promise<WarmPool> {
  const pool = new WarmPool(template, size, async () => {})
  pools.push(pool)
  await pool.open()
  return pool
}

const spares = () => readdirSync(folder).filter((entry) => entry.startsWith('spare-'))
const content = (name: string) => readFileSync(join(folder, name, 'data', 'PG_VERSION'), 'utf8')

test('it fills to its size, and again after each that is taken', async () => {
  const pool = await openPool(3)
  await until(() => pool.ready === 3)
  await pool.take(join(folder, 'one'))
  expect(content('one')).toBe('18\n')
  await until(() => pool.ready === 3)
  expect(spares()).toHaveLength(3)
})

test('however many take at once, each gets one of its own, and none is left over', async () => {
  const pool = await openPool(2)
  await until(() => pool.ready === 2)
  const names = Array.from({ length: 12 }, (_, i) => `taken-${i}`)
  await Promise.all(names.map((name) => pool.take(join(folder, name))))
  for (const name of names) {
    expect(content(name)).toBe('18\n')
    writeFileSync(join(folder, name, 'data', 'PG_VERSION'), name)
  }
  expect(names.map(content)).toEqual(names)
  await until(() => pool.ready === 2)
  await pool.close()
  expect(spares()).toHaveLength(2)
})

test('without a size it makes nothing ahead, and still serves', async () => {
  const pool = await openPool(0)
  await pool.take(join(folder, 'one'))
  expect(content('one')).toBe('18\n')
  expect(spares()).toEqual([])
})

test('after a crash whole spares are taken over; half-made ones and those of another template go', async () => {
  for (const whole of ['spare-abc-1', 'spare-abc-2'])
    execFileSync('cp', ['-a', template, join(folder, whole)])
  writeFileSync(join(folder, 'spare-abc-1', 'data', 'PG_VERSION'), 'kept')
  for (const unfit of ['spare-abc-3.tmp', 'spare-other-1', 'spare-old'])
    mkdirSync(join(folder, unfit, 'data'), { recursive: true })
  const pool = await openPool(2)
  expect(spares().sort()).toEqual(['spare-abc-1', 'spare-abc-2'])
  await pool.take(join(folder, 'one'))
  expect(content('one')).toBe('kept')
})

test('a smaller pool removes what is over its size', async () => {
  for (const whole of ['spare-abc-1', 'spare-abc-2', 'spare-abc-3'])
    execFileSync('cp', ['-a', template, join(folder, whole)])
  expect((await openPool(1)).ready).toBe(1)
  expect(spares()).toHaveLength(1)
})

test('where no copy can be made, the caller learns it and nothing half-made is left', async () => {
  rmSync(template, { recursive: true })
  const pool = await openPool(0)
  await expect(pool.take(join(folder, 'one'))).rejects.toMatchObject({ code: 'failed' })
  expect(spares()).toEqual([])
  expect(existsSync(join(folder, 'one'))).toBe(false)
})

test('closed, it lets callers who wait know, and takes no more', async () => {
  const pool = await openPool(0)
  const waiting = Promise.allSettled([1, 2, 3, 4].map((n) => pool.take(join(folder, `w${n}`))))
  await pool.close()
  for (const result of await waiting) {
    if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'unavailable' })
  }
  await expect(pool.take(join(folder, 'late'))).rejects.toMatchObject({ code: 'unavailable' })
})
