/** Which PostgreSQL is used of those that are found. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { flawsOf, NEWEST_KNOWN } from './postgres-flaws.ts'
import { chooseInstall, findInstalls, type PostgresInstall } from './postgres-install.ts'

let base: string
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'db9-install-'))
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

const install = (
  minor: number,
  source: PostgresInstall['source'],
  folder = `/pg/${minor}`,
): PostgresInstall => ({
  folder,
  minor,
  version: `18.${minor}`,
  folders: [folder],
  source,
})

describe('the choice', () => {
  test('is the newest minor release', () => {
    const [bundle, system] = [install(4, 'bundle'), install(10, 'system')]
    expect(chooseInstall([bundle, system])).toBe(system)
    expect(chooseInstall([system, bundle])).toBe(system)
  })

  test('is the first of those that are as new', () => {
    const [setting, bundle] = [install(4, 'setting', '/own'), install(4, 'bundle')]
    expect(chooseInstall([setting, bundle])).toBe(setting)
    expect(chooseInstall([])).toBeUndefined()
  })
})

test('finds the bundle, with its version', () => {
  const { chosen } = findInstalls()
  expect(chosen).toMatchObject({ version: expect.stringMatching(/^18\.\d+$/) })
  expect(Number(chosen.version.split('.')[1])).toBe(chosen.minor)
})

describe('a folder that is set', () => {
  test('is used where it is as new as any other', () => {
    const { chosen } = findInstalls()
    const own = join(base, 'own')
    cpSync(chosen.folder, own, { recursive: true, verbatimSymlinks: true })
    const found = findInstalls(own)
    expect(found.chosen.folder).toBe(own)
    expect(found.others.map(({ folder }) => folder)).toContain(chosen.folder)
  })

  test('without Postgres in it is an error', () => {
    expect(() => findInstalls(base)).toThrow(`DB9_PG_FOLDER is ${base}, but it has no bin/postgres`)
  })

  test.each([
    ['echo "postgres (PostgreSQL) 17.12"', 'it is PostgreSQL 17.12, and 18 is needed'],
    ['exit 1', 'its bin/postgres does not run here'],
    ['echo "postgres (PostgreSQL) 18.9"', 'it lacks the module basic_archive'],
  ])('whose program does %j is an error', (script, message) => {
    mkdirSync(join(base, 'bin'))
    writeFileSync(join(base, 'bin', 'postgres'), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
    expect(() => findInstalls(base)).toThrow(message)
  })
})

test('of the newest release that is known, no flaw is known', () => {
  const newest = Number(NEWEST_KNOWN.version.split('.')[1])
  expect(flawsOf(newest)).toEqual([])
  expect(flawsOf(newest - 1).length).toBeGreaterThan(0)
  expect(flawsOf(4).map(({ cve }) => cve)).toContain('CVE-2026-14669')
  expect(flawsOf(0).length).toBeGreaterThan(flawsOf(4).length)
})
