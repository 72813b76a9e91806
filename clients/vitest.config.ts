import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    globalSetup: 'src/stack.ts',
    // One stack serves all files; two cores carry one client at a time.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
})
