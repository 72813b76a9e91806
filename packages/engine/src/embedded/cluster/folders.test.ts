import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newId } from '@db9/types/ids'
import { expect, test } from 'vitest'
import { listDatabaseFolders } from './folders.ts'

test('knows folders by the names that earlier releases gave them', () => {
  const base = mkdtempSync(join(tmpdir(), 'db9-folders-'))
  const id = newId('database')
  try {
    for (const name of ['', '.tmp', '.retired', '.doomed']) mkdirSync(join(base, id + name))
    mkdirSync(join(base, 'metadata'))
    const kinds = listDatabaseFolders(base).map(({ name, kind }) => [name.slice(id.length), kind])
    expect(Object.fromEntries(kinds)).toEqual({
      '': 'database',
      '.tmp': 'staged',
      '.retired': 'deleted',
      '.doomed': 'leftover',
    })
  } finally {
    rmSync(base, { recursive: true, force: true })
  }
})
