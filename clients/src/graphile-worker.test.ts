import { quickAddJob, runOnce } from 'graphile-worker'
import { expect, test } from 'vitest'
import { newDatabase } from './stack.ts'

test('makes its schema, and runs the jobs that were added', async () => {
  const connectionString = await newDatabase('graphile-worker')
  await quickAddJob({ connectionString }, 'greet', { name: 'ann' })
  const greeted: unknown[] = []
  await runOnce({
    connectionString,
    taskList: { greet: (payload) => void greeted.push(payload) },
    noHandleSignals: true,
  })
  expect(greeted).toEqual([{ name: 'ann' }])
})
