/** What files and folders count for. */
import { execFileSync } from 'node:child_process'
import { chmodSync, linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { asOrdinaryUser, giveToOrdinaryUser } from '../../testing/ordinary-user.ts'
import { diskUsage, diskUsages, INODE_BYTES } from './disk-usage.ts'

const MB = 2 ** 20
const LIMIT_MS = 60_000

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'db9-usage-'))
  chmodSync(folder, 0o755)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const write = (name: string, bytes: number) => writeFileSync(join(folder, name), Buffer.alloc(bytes, 'x'))

test('a folder counts for its blocks where these are more than its files', async () => {
  write('file', 3 * MB)
  const usage = await diskUsage(folder)
  expect(usage).toBeGreaterThanOrEqual(3 * MB)
  expect(usage).toBeLessThan(3.2 * MB)
})

test.runIf(process.platform === 'linux')(
  'files without content count for their inodes, each once',
  async () => {
    for (let i = 0; i < 500; i++) write(`empty${i}`, 0)
    for (let i = 0; i < 500; i++) symlinkSync('nowhere', join(folder, `link${i}`))
    for (let i = 0; i < 500; i++) linkSync(join(folder, 'empty0'), join(folder, `again${i}`))
    expect(await diskUsage(folder)).toBe(1_001 * INODE_BYTES)
  },
)

test('what is not there is left out, and what lies below another path is counted there', async () => {
  mkdirSync(join(folder, 'log'))
  write('log/file', MB)
  const [log, none] = [join(folder, 'log'), join(folder, 'none')]
  const found = await diskUsages([log, none, folder], LIMIT_MS)
  expect([...found.keys()]).toEqual([log, folder])
  expect(found.get(folder)).toBeLessThan(MB)
})

test('a folder with more files than can be counted in time is not measured', async () => {
  for (let i = 0; i < 5_000; i++) write(`empty${i}`, 0)
  await expect(diskUsages([folder], 1)).rejects.toMatchObject({ name: 'UncountedFiles' })
})

describe.runIf(process.getuid?.() === 0)('as a user whom modes bind', () => {
  const usageOf = () => asOrdinaryUser('embedded/storage/disk-usage.ts', 'diskUsages', [[folder], LIMIT_MS])

  test.each([
    ['that lists nothing', 0o300],
    ['that nothing in it can be reached by', 0o600],
    ['that is closed', 0],
  ])('a folder with one %s is not measured', (_, mode) => {
    mkdirSync(join(folder, 'closed'))
    write('closed/file', MB)
    chmodSync(join(folder, 'closed'), mode)
    giveToOrdinaryUser(folder)
    expect(usageOf()).toBe('UncountedFiles')
  })

  test('a folder whose closed folders say more than there is room for is not measured', () => {
    const script = 'seq -f "closed%g-$0" 4500 | xargs mkdir -m 0'
    execFileSync('sh', ['-c', script, 'x'.repeat(230)], { cwd: folder })
    giveToOrdinaryUser(folder)
    expect(usageOf()).toBe('UncountedFiles')
  })

  test('a folder with files that cannot be read is measured all the same', () => {
    write('file', MB)
    chmodSync(join(folder, 'file'), 0)
    giveToOrdinaryUser(folder)
    expect(usageOf()).toEqual([[folder, expect.any(Number)]])
  })
})
