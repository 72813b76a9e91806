import { defineConfig } from 'vitest/config'

const POSTGRES = 'src/**/*.postgres.test.ts'

export default defineConfig({
  test: {
    // What a poll waits for comes in the end; how soon depends on the machine.
    expect: { poll: { timeout: 10_000 } },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      { extends: true, test: { name: 'pure', include: ['src/**/*.test.ts'], exclude: [POSTGRES] } },
      {
        extends: true,
        test: { name: 'postgres', include: [POSTGRES], globalSetup: ['src/testing/global-setup.ts'] },
      },
    ],
  },
})
