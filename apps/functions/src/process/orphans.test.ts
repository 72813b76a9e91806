/** What is left of a host that was killed. */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAlive, readProcess } from '@db9/process/processes'
import { expect, test } from 'vitest'
import { endOrphans, ProcessList } from './orphans.ts'

test('the next start ends the processes that were written down, and no other that has taken a pid since', async () => {
  const home = mkdtempSync(join(tmpdir(), 'db9-orphans-'))
  const [ours, foreign] = [spawn('sleep', ['60']), spawn('sleep', ['60'])]
  try {
    const list = new ProcessList(home)
    list.add(ours.pid ?? 0)
    const path = join(home, 'run', 'functions.json')
    expect(existsSync(path)).toBe(true)
    const entry = readProcess(ours.pid ?? 0)
    const other = readProcess(foreign.pid ?? 0)
    if (!entry || !other) throw new Error('not started')
    writeFileSync(path, JSON.stringify([entry, { pid: other.pid, startTime: 'of another boot' }]))
    await endOrphans(home)
    expect([isAlive(entry), isAlive(other)]).toEqual([false, true])
    expect(existsSync(path)).toBe(false)
    await endOrphans(home)
  } finally {
    for (const child of [ours, foreign]) child.kill('SIGKILL')
    rmSync(home, { recursive: true, force: true })
  }
})

test('a list that was not written whole holds up no start', async () => {
  const home = mkdtempSync(join(tmpdir(), 'db9-orphans-'))
  try {
    new ProcessList(home)
    writeFileSync(join(home, 'run', 'functions.json'), '[{"pid":')
    await endOrphans(home)
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
})
