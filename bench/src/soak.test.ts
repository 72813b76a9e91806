import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { startChildren } from './children.ts'
import { serversBelow } from './processes.ts'
import { runSoak } from './soak.ts'
import { WORKERD_PATH } from './workerd.ts'

const HERE = dirname(fileURLToPath(import.meta.url))

test('twelve databases share four places for twenty seconds: no caller sees an error, nothing is lost or left', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'db9-soak-'))
  chmodSync(folder, 0o711)
  const children = startChildren(folder, WORKERD_PATH)
  try {
    const stack = await children.node('stack', {
      script: join(HERE, 'servers/stack.ts'),
      env: { DB9_HOME: join(folder, 'home'), DB9_MAX_RUNNING: '4', DB9_POOL_SIZE: '2' },
    })
    const report = await runSoak({ stack, databases: 12, seconds: 20, callers: 3, say: () => {} })
    expect(report.errors).toEqual([])
    expect(report.wrongDatabases).toEqual([])
    expect(report.running.most).toBeLessThanOrEqual(4)
    expect(report.running.atEnd).toBe(0)
    expect(report.leftovers).toEqual([])
    expect(report.acknowledgedRows).toBeGreaterThan(20)
  } finally {
    await children.stopAll()
    expect(serversBelow(folder)).toEqual([])
    rmSync(folder, { recursive: true, force: true })
  }
}, 180_000)
