/** When the archive of a database is looked at, and when it is not. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { newId } from '@db9/types/ids'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { loginKey, makeOpenFolder } from '../../testing/databases.ts'
import { type Placement, placeServers } from '../cluster/placement.ts'
import { serverFiles } from '../cluster/server-files.ts'
import { ArchiveMaintainer } from './archive-maintainer.ts'

let base: string
let placement: Placement
beforeAll(() => {
  base = makeOpenFolder()
  placement = placeServers({ loginKey, home: join(base, 'home') })
})
afterAll(() => rmSync(base, { recursive: true, force: true }))

const held = newId('database')
const id = newId('database')
/** Databases in the order in which they were looked at. */
let looks: string[]
/** Called by each look. */
let onLook: () => void
let maintainer: ArchiveMaintainer
beforeEach(() => {
  looks = []
  onLook = () => {}
  maintainer = new ArchiveMaintainer(placement, {
    windowMs: 86_400_000,
    list: () => [held, id],
    source: (each) => ({
      files: serverFiles(placement, each),
      inTurn: (work) => work(),
      find: () => null,
    }),
    exists: (each) => {
      looks.push(each)
      onLook()
      return each === held
    },
    limitBytes: () => null,
    slots: { count: 1, longestMs: 60_000 },
  })
})
afterEach(async () => {
  vi.restoreAllMocks()
  await maintainer.close()
})

test('looks again at a database that was left, though a look was asked for meanwhile', async () => {
  const moved = Promise.withResolvers<void>()
  const leaving = [maintainer.withoutMaintenance(id, () => moved.promise)]
  const asked = maintainer.maintain(id)
  leaving.push(maintainer.withoutMaintenance(id, async () => {}))
  moved.resolve()
  await Promise.all([...leaving, asked])
  expect(looks).toEqual([])
  await maintainer.maintain(id)
  expect(looks).toEqual([id])
})

test('looks again at a database that was left while a look at it waited for its place', async () => {
  const hung = Promise.withResolvers<void>()
  vi.spyOn(maintainer.inbox, 'take').mockReturnValue(hung.promise)
  const holding = maintainer.maintain(held)
  await expect.poll(() => looks).toEqual([held])
  const asked = maintainer.maintain(id)
  // It has its turn by now.
  await new Promise(setImmediate)
  await maintainer.withoutMaintenance(id, async () => {})
  await asked
  hung.resolve()
  await holding
  expect(looks).toEqual([held])
  await maintainer.maintain(id)
  expect(looks).toEqual([held, id])
})

test('shares a look among all who ask before it begins, and makes one more for who asks later', async () => {
  let later: Promise<void> | undefined
  onLook = () => {
    later ??= maintainer.maintain(id)
  }
  const together = [maintainer.maintain(id), maintainer.maintain(id)]
  expect(together[0]).toBe(together[1])
  await Promise.all(together)
  await later
  expect(looks).toEqual([id, id])
})
