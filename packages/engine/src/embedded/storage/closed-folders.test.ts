/** A server of the same user as the service hides nothing from the quota, and leaves nothing behind. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { makeOpenFolder } from '../../testing/databases.ts'
import { asOrdinaryUser, giveToOrdinaryUser } from '../../testing/ordinary-user.ts'

const base = makeOpenFolder()
afterAll(() => rmSync(base, { recursive: true, force: true }))

test.runIf(process.getuid?.() === 0 && process.platform === 'linux')(
  'started as an ordinary user, a database that writes in a closed folder is ended, starts again, and can be removed',
  () => {
    giveToOrdinaryUser(base)
    const found = asOrdinaryUser('testing/closed-folders.ts', 'writeInClosedFolder', [join(base, 'home')])
    expect(found).toEqual({ fill: 'was ended', rows: [[1]], files: expect.any(Number), isGone: true })
  },
  120_000,
)
