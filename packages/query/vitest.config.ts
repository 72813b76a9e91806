import { defineConfig } from 'vitest/config'

const POSTGRES = 'src/**/*.postgres.test.ts'

export default defineConfig({
  test: {
    testTimeout: 20_000,
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
