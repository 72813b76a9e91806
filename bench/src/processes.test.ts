import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { processesIn, pssKilobytes } from './processes.ts'

const RUN = ['-e', 'setInterval(() => {}, 1000)']

async function expectFound(folder: string, child: ChildProcess, stop: () => void): Promise<void> {
  await expect.poll(() => processesIn(folder).length).toBeGreaterThan(0)
  expect(pssKilobytes(folder)).toBeGreaterThan(0)
  stop()
  await once(child, 'exit')
  await expect.poll(() => processesIn(folder)).toEqual([])
  expect(pssKilobytes(folder)).toBe(0)
}

test.skipIf(process.platform !== 'linux')('finds a server by the folder that it works in', async () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'db9-bench-processes-')))
  const child = spawn(process.execPath, RUN, { cwd: folder })
  await once(child, 'spawn')
  await expectFound(folder, child, () => child.kill())
  rmSync(folder, { recursive: true })
})

test.skipIf(process.platform !== 'linux' || process.getuid?.() !== 0)(
  'finds a server by a folder that is mounted in its namespace',
  async () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'db9-bench-processes-')))
    const shown = join(folder, 'shown')
    mkdirSync(shown)
    const script = `mount --bind ${shown} /mnt && cd /mnt && exec ${process.execPath} ${RUN[0]} '${RUN[1]}'`
    const child = spawn('unshare', ['--mount', '--', 'sh', '-c', script], { cwd: '/' })
    await once(child, 'spawn')
    await expectFound(shown, child, () => child.kill('SIGKILL'))
    rmSync(folder, { recursive: true })
  },
)
