import { expect, test } from 'vitest'
import { launchersAbove } from './launchers.ts'
import type { ProcessEntry } from './processes.ts'

const TABLE: Record<number, [parent: number, command: string, args: string]> = {
  10: [1, 'bash', 'bash'],
  20: [10, 'npm exec pnpm@1', 'npm exec pnpm@12 dev'],
  30: [20, 'sh', 'sh -c pnpm dev'],
  40: [30, 'pnpm', 'pnpm dev'],
  50: [40, 'node', 'node tools/run.mjs apps/local/src/main.ts'],
  60: [10, 'node', 'node apps/local/src/main.ts'],
  70: [71, 'node', 'node apps/local/src/main.ts'],
  71: [1, 'bash', 'bash nightly.sh'],
}

function read(pid: number): ProcessEntry | null {
  const entry = TABLE[pid]
  return entry ? { pid, startTime: '0', parent: entry[0], command: entry[1], args: entry[2] } : null
}

test('npx, its shell and pnpm above the stack are watched, a person’s own shell is not', () => {
  expect(launchersAbove(50, read).map(({ pid }) => pid)).toEqual([40, 30, 20])
})

test('a stack that a shell or a script started outlives them', () => {
  expect(launchersAbove(60, read)).toEqual([])
  expect(launchersAbove(70, read)).toEqual([])
})
