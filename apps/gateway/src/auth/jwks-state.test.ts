/** When a key set is fetched again. */
import { expect, test } from 'vitest'
import { fetched, fetchFailed, NO_KEYS, nextStep } from './jwks-state.ts'

const MINUTE = 60_000
const T = 1_800_000_000_000
const known = fetched([{ kty: 'EC', kid: 'a' }], T)

test.each<[string, Parameters<typeof nextStep>, ReturnType<typeof nextStep>]>([
  ['nothing fetched yet', [NO_KEYS, null, T], 'fetch'],
  ['fresh', [known, null, T + MINUTE], 'serve'],
  ['fresh, with the kid', [known, 'a', T + MINUTE], 'serve'],
  ['older than five minutes', [known, null, T + 6 * MINUTE], 'refresh'],
  ['older than an hour', [known, null, T + 61 * MINUTE], 'fetch'],
  ['an unknown kid, just fetched', [known, 'b', T + 10_000], 'serve'],
  ['an unknown kid, half a minute later', [known, 'b', T + 30_000], 'fetch'],
])('%s', (_, given, step) => expect(nextStep(...given)).toBe(step))

test('a provider that fails is asked less and less often, and its keys stay in use for an hour', () => {
  let state = fetchFailed(known, 'down', T + 6 * MINUTE)
  expect(state.keys).toEqual(known.keys)
  expect(nextStep(state, null, T + 6 * MINUTE + 1000)).toBe('serve')
  expect(nextStep(state, null, T + 6 * MINUTE + 5000)).toBe('refresh')
  for (let i = 0; i < 30; i++) state = fetchFailed(state, 'down', T + 7 * MINUTE)
  expect(nextStep(state, null, T + 16 * MINUTE)).toBe('serve')
  expect(nextStep(state, null, T + 17 * MINUTE)).toBe('refresh')
  expect(nextStep({ ...state, triedAt: T + 60 * MINUTE }, null, T + 61 * MINUTE)).toBe('fail')
})

test('a provider that never answered is not asked at every request', () => {
  const state = fetchFailed(NO_KEYS, 'down', T)
  expect(nextStep(state, 'a', T + 4999)).toBe('fail')
  expect(nextStep(state, 'a', T + 5000)).toBe('fetch')
})
