/** Files that a hostile process may exchange are read without following it anywhere. */
import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { listFolder, openPlainFile, readSmallFile, UnsafeFile } from './safe-files.ts'

let base: string
let root: string
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'db9-safe-'))
  root = join(base, 'data')
  mkdirSync(join(root, 'global'), { recursive: true })
  writeFileSync(join(root, 'global', 'pg_control'), 'control')
  mkdirSync(join(base, 'secret'))
  writeFileSync(join(base, 'secret', 'pg_control'), 'SECRET')
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

const read = (path = 'global/pg_control') => readSmallFile(root, path, 100)?.toString()

test('reads a plain file, and tells that there is none', () => {
  expect(read()).toBe('control')
  expect(readSmallFile(root, 'global/absent', 100)).toBeNull()
  expect(readSmallFile(root, 'absent/pg_control', 100)).toBeNull()
})

describe('refuses', () => {
  test('a link in the place of the file', () => {
    rmSync(join(root, 'global', 'pg_control'))
    symlinkSync(join(base, 'secret', 'pg_control'), join(root, 'global', 'pg_control'))
    expect(() => read()).toThrow(UnsafeFile)
  })

  test('a link in the place of a folder above it', async () => {
    renameSync(join(root, 'global'), join(root, 'moved'))
    symlinkSync(join(base, 'secret'), join(root, 'global'))
    expect(() => read()).toThrow(UnsafeFile)
    await expect(listFolder(root, 'global')).rejects.toThrow(UnsafeFile)
  })

  test('a pipe, at once', () => {
    rmSync(join(root, 'global', 'pg_control'))
    execFileSync('mkfifo', [join(root, 'global', 'pg_control')])
    expect(() => read()).toThrow(UnsafeFile)
    expect(() => openPlainFile(root, 'global/pg_control')).toThrow(UnsafeFile)
  })

  test('a folder, and a file in the place of a folder', () => {
    expect(() => read('global')).toThrow(UnsafeFile)
    expect(() => read('global/pg_control/x')).toThrow(UnsafeFile)
  })

  test('more than it was told to read', async () => {
    writeFileSync(join(root, 'global', 'pg_control'), 'x'.repeat(101))
    expect(() => read()).toThrow('longer than 100 bytes')
    for (let i = 0; i < 5; i++) writeFileSync(join(root, `f${i}`), '')
    await expect(listFolder(root, '', { maxEntries: 3 })).rejects.toThrow('more than 3 entries')
  })

  test('a path that leads out', () => {
    expect(() => read('../secret/pg_control')).toThrow(UnsafeFile)
  })
})

test('lists what a folder holds, by kind', async () => {
  symlinkSync('/etc', join(root, 'link'))
  writeFileSync(join(root, 'file'), '')
  const entries = (await listFolder(root, '')) ?? []
  expect(entries.sort((a, b) => a.name.localeCompare(b.name))).toEqual([
    { name: 'file', kind: 'file' },
    { name: 'global', kind: 'folder' },
    { name: 'link', kind: 'other' },
  ])
  expect(await listFolder(root, 'absent')).toBeNull()
})

test('gives a descriptor of the file that was checked, whatever lies there later', () => {
  const file = openPlainFile(root, 'global/pg_control')
  expect(file).not.toBeNull()
  closeSync(file ?? -1)
})
