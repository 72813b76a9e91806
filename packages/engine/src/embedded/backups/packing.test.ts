/** Packing reads what a hostile process has written, in a process of its own. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { getPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Packing } from './packing.ts'
import { LOOK_ONLY, readData } from './unpack.ts'

/** Nesting that no path leads through, and more files than are read at once. */
const DEEP = 3_000
const WIDE = 20_000
const FILL = `my ($folder, $wide, $deep) = @ARGV; chdir $folder or die;
for (1 .. $wide) { open my $f, '>', "f$_" or die } for (1 .. $deep) { mkdir 'd' or die; chdir 'd' or die }`

let base: string
let data: string
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'db9-packing-'))
  data = join(base, 'data')
  mkdirSync(join(data, 'global'), { recursive: true })
  mkdirSync(join(data, 'base', '5'), { recursive: true })
  writeFileSync(join(data, 'global', 'pg_control'), 'control')
  writeFileSync(join(data, 'base', '5', '1259'), 'rows')
})
afterEach(() => execFileSync('rm', ['-rf', base]))

const fill = ({ wide = 0, deep = 0 }) =>
  execFileSync('perl', ['-e', FILL, join(data, 'base'), String(wide), String(deep)])

/** A pack whose content goes to `stored`. */
function begin(signal?: AbortSignal) {
  const packing = new Packing(data, signal)
  const stored = new PassThrough({ highWaterMark: 2 ** 26 })
  packing.content.on('error', (error) => stored.destroy(error)).pipe(stored)
  stored.on('error', () => {})
  return { packing, stored }
}

/** The processes that pack now. */
function packers(): number[] {
  const lines = execFileSync('ps', ['-eo', 'pid,ppid,args'], { encoding: 'utf8' }).split('\n')
  return lines.flatMap((line) => {
    const [pid, parent] = line.trim().split(/\s+/)
    return line.includes('packing-process.ts') && Number(parent) === process.pid ? [Number(pid)] : []
  })
}

test('a pack is made by a process of low priority, holds what it says, and leaves no process', async () => {
  const { packing, stored } = begin()
  await expect.poll(packers).toHaveLength(1)
  expect(getPriority(packers()[0])).toBeGreaterThanOrEqual(10)
  await packing.data(data)
  await packing.label('label')
  const facts = await packing.end()
  expect(facts).toMatchObject({ files: 3, fileBytes: 'control'.length + 'rows'.length + 'label'.length })
  await readData(stored, facts, LOOK_ONLY)
  await expect.poll(packers).toEqual([])
})

describe('a pack ends by an error, and with it its process,', () => {
  test('where the process ends by itself', async () => {
    fill({ wide: WIDE })
    const { packing, stored } = begin()
    const outcome = expect(packing.data(data)).rejects.toThrow('the process ended')
    await expect.poll(packers).toHaveLength(1)
    process.kill(packers()[0] ?? 0, 'SIGKILL')
    await outcome
    await expect.poll(() => stored.errored).toBeInstanceOf(Error)
    await expect(packing.label('more')).rejects.toThrow('the process ended')
  })

  test('where it is called off', async () => {
    const abort = new AbortController()
    const { packing, stored } = begin(abort.signal)
    const outcome = expect(packing.data(data)).rejects.toMatchObject({ name: 'AbortError' })
    abort.abort()
    await outcome
    await expect.poll(() => stored.errored?.name).toBe('AbortError')
    await expect.poll(packers).toEqual([])
  })
})

describe('a data directory is refused that has what Postgres does not make:', () => {
  const put = (...path: string[]) => {
    mkdirSync(join(data, ...path.slice(0, -1)), { recursive: true })
    writeFileSync(join(data, ...path), '')
  }
  test.each([
    ['a long name', () => put('base', 'x'.repeat(101))],
    ['a name of other characters', () => put('base', '5', 'a b')],
    ['a name of other characters at its top', () => put('a\nb')],
    ['folders nested deeper', () => put('base', ...'abcdefgh', 'file')],
    ['folders that no path leads through', () => fill({ deep: DEEP })],
  ])('%s', async (_, make) => {
    make()
    const { packing } = begin()
    await expect(packing.data(data)).rejects.toMatchObject({
      code: 'corrupt',
      message: 'the database has files of a kind that PostgreSQL does not make',
    })
    await packing.discard()
  })

  test('the deepest that it makes is packed', async () => {
    put('pg_tblspc', '16384', 'PG_18_202506291', 'pgsql_tmp', 'pgsql_tmp42.0.fileset', 'i1of2.p3.0')
    const { packing } = begin()
    await packing.data(data)
    await packing.discard()
  })
})

test('a folder with very many files leaves the service its time', async () => {
  fill({ wide: WIDE })
  const { packing } = begin()
  const before = performance.eventLoopUtilization()
  await packing.data(data)
  const { utilization } = performance.eventLoopUtilization(before)
  expect(utilization).toBeLessThan(0.5)
  expect((await packing.end()).files).toBe(WIDE + 2)
})
