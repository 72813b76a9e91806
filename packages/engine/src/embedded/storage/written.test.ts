/** What the kernel counts of the processes of a server, which of them there are, and how they are stopped. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { holdStill, pidsOf, signalAll, writtenBy } from './written.ts'

const MB = 2 ** 20

const folder = mkdtempSync(join(tmpdir(), 'db9-written-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const children: ChildProcess[] = []
afterEach(() => {
  for (const { pid = 0 } of children.splice(0)) signalAll(holdStill({ pid, cluster: '' }), 'SIGKILL')
})

/** A process without a control group, and what it starts. */
function start(file: string, args: string[]) {
  const child = spawn(file, args, { cwd: folder, stdio: 'ignore' })
  children.push(child)
  return { pid: child.pid ?? 0, cluster: '' }
}

/** In perl, whose process starts others by `fork` alone. */
const perl = (script: string) => start('perl', ['-e', script])
const WRITE = `open F, '>', "junk$$"; print F 'x' x ${MB}; close F`

/** docs: proc(5), /proc/[pid]/stat: T while it is stopped, Z once it has ended. */
function stateOf(pid: number): string | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2)[0]
}

describe.runIf(process.platform === 'linux')('the processes of a server', () => {
  test('are counted with those that have ended and were waited for', async () => {
    const server = perl(`for (1 .. 3) { fork or do { ${WRITE}; exit }; wait } sleep 600`)
    await expect.poll(() => writtenBy(server)?.bytes).toBeGreaterThanOrEqual(3 * MB)
    expect(writtenBy(server)).toMatchObject({ pids: [server.pid], isAll: true })
  })

  test('are not all counted once another than the first has started one', async () => {
    const server = perl(`fork or do { fork; sleep 600 }; sleep 600`)
    await expect.poll(() => pidsOf(server).length).toBe(3)
    expect(writtenBy(server)?.isAll).toBe(false)
  })

  test('are found where a thread has started them', async () => {
    const script = `const { Worker } = require('node:worker_threads')
      new Worker("require('node:child_process').spawn('sleep', ['600'])", { eval: true }); setInterval(() => {}, 1000)`
    const server = start(process.execPath, ['-e', script])
    const nameOf = (pid: number) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
    await expect.poll(() => pidsOf(server).map(nameOf)).toContain('sleep')
    expect(writtenBy(server)?.isAll).toBe(false)
  })

  test('all stand still, those included that they start meanwhile', async () => {
    const server = perl(`fork; while (1) { fork or do { sleep 1; exit }; wait }`)
    await expect.poll(() => pidsOf(server).length).toBeGreaterThan(2)
    const held = holdStill(server)
    await expect
      .poll(() =>
        pidsOf(server)
          .map(stateOf)
          .filter((state) => state !== 'T' && state !== 'Z'),
      )
      .toEqual([])
    expect(pidsOf(server).sort()).toEqual(held.sort())
    signalAll(held, 'SIGCONT')
    await expect.poll(() => stateOf(server.pid)).not.toBe('T')
  })
})

test('a process that is not there has written nothing', () => {
  const written = writtenBy({ pid: 2 ** 22 + 1, cluster: '' })
  expect(written?.bytes ?? 0).toBe(0)
})
