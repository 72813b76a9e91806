/** How the gateway's tests run. */
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    // What a poll waits for comes in the end; how soon depends on the machine.
    expect: { poll: { timeout: 10_000 } },
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
