import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { devCommand, launchCommand } from '../testing/command.ts'

const folder = mkdtempSync(join(tmpdir(), 'db9-commands-'))
const home = join(folder, 'home')

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test.each([
  ['a command that there is not', ['strat'], 'There is no command "strat"'],
  ['an option that there is not', ['restore-metadata', '--form', 'x'], "Unknown option '--form'"],
  ['an option without its value', ['restore-metadata', '--at'], 'Usage: restore-metadata --at'],
  ['no options', ['restore-metadata'], 'Usage: restore-metadata --at'],
  [
    'a moment that is none',
    ['restore-metadata', '--at', 'yesterday', '--to', join(folder, 'to')],
    'Write it as 2026-01-31T12:00:00Z',
  ],
])('%s is refused in words, and nothing is made', async (_, args, said) => {
  const { exited, output } = launchCommand({ home, command: [...devCommand(), ...args] })
  expect(await exited).toBe(1)
  expect(output()).toContain(said)
  expect(output()).not.toMatch(/^ {4}at /m)
  expect([existsSync(home), existsSync(join(folder, 'to'))]).toEqual([false, false])
})
