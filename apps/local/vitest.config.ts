import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    // Every end-to-end file starts stacks of its own; two cores carry one at a time.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
})
