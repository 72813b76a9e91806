import { DATA_API_DEFAULTS } from '@db9/types/internal'
import { describe, expect, test } from 'vitest'
import { refusal } from '../testing/refusal.ts'
import { parseDataApiSettings } from './parse.ts'

describe('data API settings', () => {
  test('are the defaults for an empty body', () => {
    expect(parseDataApiSettings({})).toEqual(DATA_API_DEFAULTS)
  })

  test.each([
    [{ max_rows: 0 }, 'max_rows'],
    [{ statement_timeout_ms: { anon: 60_001 } }, 'statement_timeout_ms.anon'],
    [{ caps: { url_bytes: 16_385 } }, 'caps.url_bytes'],
    [{ caps: { embeds: 0 } }, 'caps.embeds'],
    [{ pre_request: 'a.b.c' }, 'pre_request'],
    [{ extra_search_path: ['ok', ''] }, 'extra_search_path.1'],
  ])('are refused with %j', (body, field) => {
    expect(refusal(() => parseDataApiSettings(body))).toContain(`422 ${field}: `)
  })
})
