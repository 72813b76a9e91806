import { expect, test } from 'vitest'
import { toStartupOptions } from './pinned-settings.ts'

test('keeps spaces and backslashes within their values', () => {
  expect(
    toStartupOptions({ default_transaction_isolation: 'read committed', search_path: 'a\\b', role: '' }),
  ).toBe('-c default_transaction_isolation=read\\ committed -c search_path=a\\\\b -c role=')
})
