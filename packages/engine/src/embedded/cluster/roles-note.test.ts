/** Whether a start looks for the roles and guards of this release. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeOrigin } from '../copies/origin.ts'
import { hasRolesOf, noteRolesOf } from './roles-note.ts'
import { templateName } from './template.ts'

const postgres = { folder: '/postgres', minor: 4, version: '18.4', folders: [], source: 'bundle' } as const
const release = { postgres }
const later = { postgres: { ...postgres, minor: 5, version: '18.5' } }
let folder: string
const files = () => ({ folder, rolesOf: join(folder, 'roles-of') })

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'db9-roles-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('a database without a note or an origin is looked through', () => {
  expect(hasRolesOf(release, files())).toBe(false)
})

test('a copy of this release’s template has them, and one of an earlier release’s has not', () => {
  writeOrigin(folder, { kind: 'template', template: templateName(release) })
  expect(hasRolesOf(release, files())).toBe(true)
  expect(hasRolesOf(later, files())).toBe(false)
})

test('a note counts for its own release alone', () => {
  noteRolesOf(release, files())
  expect(hasRolesOf(release, files())).toBe(true)
  expect(hasRolesOf(later, files())).toBe(false)
  noteRolesOf(later, files())
  expect(hasRolesOf(later, files())).toBe(true)
})

test('a note that was cut short by a crash counts for nothing', () => {
  writeFileSync(files().rolesOf, templateName(release).slice(0, -1))
  expect(hasRolesOf(release, files())).toBe(false)
})
