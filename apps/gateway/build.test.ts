/** The configuration of plain workerd, beside wrangler's. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

test('the Worker is built for the runtime that it is deployed to', () => {
  const wrangler = readFileSync(new URL('wrangler.jsonc', import.meta.url), 'utf8')
  const build = readFileSync(new URL('build.ts', import.meta.url), 'utf8')
  expect(/"compatibility_date": "([\d-]+)"/.exec(wrangler)?.[1]).toBe(
    /COMPATIBILITY_DATE = '([\d-]+)'/.exec(build)?.[1],
  )
})
