import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newId } from '@db9/types/ids'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { devCommand, eventually, processesNaming, runCommand } from '../testing/command.ts'
import { expectStatus, startTestStack, type TestStack } from '../testing/stack.ts'

let base: string
let home: string
let stack: TestStack
beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'db9-doctor-'))
  chmodSync(base, 0o755)
  home = join(base, 'home')
  stack = await startTestStack({ home })
})
afterAll(async () => {
  await stack?.dispose()
  rmSync(base, { recursive: true, force: true })
})

const doctor = () => runCommand({ home, command: [...devCommand(), 'doctor'] as [string, ...string[]] })

test('finds nothing in a healthy installation, running or stopped, and says what there is', async () => {
  const kept = await stack.createDatabase('kept')
  const deleted = await stack.createDatabase('deleted')
  expectStatus(200, await stack.api('DELETE', `/databases/${deleted.id}`))
  const running = await doctor()
  expect(running.output).toMatch(/1 databases \(1 awake\), 1 deleted and recoverable/)
  expect(running.code).toBe(0)
  expect(running.output).toMatch(/DB9_HOME +\/\S*home\n/)
  expect(running.output).toMatch(/DB9_POOL_SIZE +16 \(not set\)/)

  await stack.stop()
  const stopped = await doctor()
  expect(stopped.output).toMatch(/1 databases \(0 awake\), 1 deleted and recoverable/)
  expect(stopped.code).toBe(0)
  await eventually('nothing is left running', 5_000, () => processesNaming(home).length === 0)
  expect(existsSync(join(stack.dataFolder, kept.id))).toBe(true)
})

test('names what is missing and what is nobody’s, changes nothing, and exits with 1', async () => {
  const kept = join(stack.dataFolder, 'moved-away')
  const [id] = idsOnDisk()
  renameSync(join(stack.dataFolder, String(id)), kept)
  const stray = newId('database')
  mkdirSync(join(stack.dataFolder, stray))
  try {
    const { code, output } = await doctor()
    expect(code).toBe(1)
    expect(output).toContain(`database ${id}: it has no data`)
    expect(output).toContain(`database ${stray}: data that serves`)
    expect(existsSync(join(stack.dataFolder, stray))).toBe(true)
  } finally {
    renameSync(kept, join(stack.dataFolder, String(id)))
    rmSync(join(stack.dataFolder, stray), { recursive: true })
  }
  expect((await doctor()).code).toBe(0)
})

test('where there is no data folder it says what to set', async () => {
  const nowhere = join(base, 'nowhere')
  const command = [...devCommand(), 'doctor'] as [string, ...string[]]
  const { code, output } = await runCommand({ home: nowhere, command })
  expect([code, output]).toEqual([1, expect.stringContaining('DB9_HOME')])
  expect(existsSync(nowhere)).toBe(false)
})

function idsOnDisk(): string[] {
  return readdirSync(stack.dataFolder).filter((name) => /^db_[0-9a-z]{26}$/.test(name))
}
