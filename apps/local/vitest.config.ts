import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    // Every end-to-end file starts stacks of its own; two cores carry one at a time.
    fileParallelism: false,
    // What a poll waits for comes in the end; how soon depends on the machine.
    expect: { poll: { timeout: 10_000 } },
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
})
