import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { processesIn, pssKilobytes } from './processes.ts'

test.skipIf(process.platform !== 'linux')(
  'a server is found by its folder while it runs, and not after',
  async () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'db9-bench-processes-')))
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { cwd: folder })
    await once(child, 'spawn')
    expect(processesIn(folder)).toEqual([child.pid])
    expect(pssKilobytes(folder)).toBeGreaterThan(0)
    child.kill()
    await once(child, 'exit')
    expect(processesIn(folder)).toEqual([])
    expect(pssKilobytes(folder)).toBe(0)
    rmSync(folder, { recursive: true })
  },
)
