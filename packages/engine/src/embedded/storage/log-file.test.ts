/** Tests of a server's log, which the server's own processes have open. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  chmodSync,
  linkSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { asOrdinaryUser, giveToOrdinaryUser } from '../../testing/ordinary-user.ts'
import { readFileEnd } from '../process/output-tail.ts'
import { cutLog, withNewLog } from './log-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'db9-log-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('leaves a short log as it is', () => {
  const path = join(folder, 'short.log')
  writeFileSync(path, 'x'.repeat(100))
  cutLog(path, 100)
  expect(statSync(path).size).toBe(100)
})

test('keeps the last lines of a long one beside it', () => {
  const path = join(folder, 'long.log')
  const lines = Array.from({ length: 100_000 }, (_, i) => `line ${i}\n`).join('')
  writeFileSync(path, lines)
  cutLog(path, 1_000)
  expect(statSync(path).size).toBe(0)
  expect(readFileSync(`${path}.1`, 'utf8')).toBe(lines.slice(-256 * 1024))
  appendFileSync(path, 'next')
  expect(readFileSync(path, 'utf8')).toBe('next')
})

test('does not follow a link', () => {
  const path = join(folder, 'link.log')
  writeFileSync(join(folder, 'target'), 'x'.repeat(2_000))
  symlinkSync(join(folder, 'target'), path)
  cutLog(path, 1_000)
  expect(statSync(join(folder, 'target')).size).toBe(2_000)
})

test('does nothing where there is no log', () => {
  const path = join(folder, 'none.log')
  cutLog(path)
  expect(readFileEnd(path, 100)).toBe('')
})

test('each run has a new file, and the end of the last one lies beside it', () => {
  const path = join(folder, 'run.log')
  const say = (text: string) => withNewLog(path, (log) => writeSync(log, text))
  say('first')
  linkSync(path, join(folder, 'kept open'))
  say(`second ${'x'.repeat(300 * 1024)}`)
  expect(readFileSync(`${path}.1`, 'utf8')).toBe('first')
  appendFileSync(join(folder, 'kept open'), 'more')
  say('')
  expect(readFileSync(`${path}.1`, 'utf8')).toBe('x'.repeat(256 * 1024))
  say('third')
  expect([readFileSync(path, 'utf8'), statSync(`${path}.1`).size]).toEqual(['third', 256 * 1024])
})

/** As a process that has it open as its owner (F_SETLEASE, F_WRLCK; of the signal that somebody waits it takes no notice). */
const HOLD = `open my $log, '>>', $ARGV[0] or die; $SIG{IO} = 'IGNORE'; fcntl($log, 1024, 1) or die; syswrite STDOUT, 'held'; sleep 600`

async function holdLease(path: string): Promise<ChildProcess> {
  const holder = spawn('perl', ['-e', HOLD, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(holder.stdout as NodeJS.ReadableStream, 'data')
  return holder
}

test.runIf(process.platform === 'linux')(
  'a log with a lease on it is not waited for, and cut once it has none',
  async () => {
    const path = join(folder, 'leased.log')
    writeFileSync(path, 'x'.repeat(2_000))
    const holder = await holdLease(path)
    try {
      cutLog(path, 1_000)
      expect(readFileEnd(path, 100)).toBe('')
      expect(statSync(path).size).toBe(2_000)
    } finally {
      holder.kill('SIGKILL')
      await once(holder, 'exit')
    }
    cutLog(path, 1_000)
    expect(statSync(path).size).toBe(0)
  },
  120_000,
)

test.runIf(process.getuid?.() === 0)('a log that its owner has closed is opened again', () => {
  const path = join(folder, 'closed.log')
  writeFileSync(path, 'x'.repeat(2_000))
  chmodSync(path, 0)
  giveToOrdinaryUser(folder)
  asOrdinaryUser('embedded/storage/log-file.ts', 'cutLog', [path, 1_000])
  expect(statSync(path).size).toBe(0)
})
