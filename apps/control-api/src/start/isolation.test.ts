/** Whom a start lets in, by how databases are kept apart. */
import type { EngineFacts } from '@db9/engine'
import { StartError } from '@db9/process/start-error'
import { expect, test } from 'vitest'
import { admitStrangers } from './isolation.ts'

const postgres: EngineFacts['postgres'] = {
  version: '18.7',
  folder: '/pg',
  newestKnown: { version: '18.7', date: '2026-11-12' },
  flaws: [],
  passedOver: [],
}
const ON = { state: 'on', by: 'root' } as const
const OFF = { state: 'off', reason: 'perl is not installed' } as const
const LOOPBACK = {
  reachedBy: null,
  isolation: 'auto',
  anonymousRegistration: true,
  isRegistrationSet: false,
} as const
const PUBLIC = { ...LOOPBACK, reachedBy: 'DB9_HOST is 0.0.0.0', anonymousRegistration: false } as const

function admit(config: Partial<Parameters<typeof admitStrangers>[0]>, isolation: EngineFacts['isolation']) {
  const said: string[] = []
  const onProgress = (text: string) => void said.push(text)
  const outcome = admitStrangers(
    { ...LOOPBACK, ...config, onProgress },
    { postgres, isolation, osUids: null },
  )
  return { ...outcome, said: said.join('\n') }
}

test('with isolation, strangers are let in as configured, and nothing is said', () => {
  expect(admit({}, ON)).toEqual({ anonymousRegistration: true, signUps: true, said: '' })
  expect(admit(PUBLIC, ON)).toEqual({ anonymousRegistration: false, signUps: true, said: '' })
})

test('without it, on loopback, strangers are not let in, and the reason is said', () => {
  const { anonymousRegistration, signUps, said } = admit({}, OFF)
  expect([anonymousRegistration, signUps]).toEqual([false, false])
  expect(said).toContain('perl is not installed')
  expect(said).toContain('anonymous registration is off')
})

test('without it, a start that asks for strangers or for other hosts is refused, and told what to set', () => {
  for (const config of [PUBLIC, { isRegistrationSet: true }]) {
    expect(() => admit(config, OFF)).toThrow(StartError)
    expect(() => admit(config, OFF)).toThrow(/perl is not installed.*DB9_ISOLATION=off/)
  }
})

test('whoever says that isolation is not needed gets none, and is told so', () => {
  const { anonymousRegistration, said } = admit({ isolation: 'off', isRegistrationSet: true }, OFF)
  expect(anonymousRegistration).toBe(true)
  expect(said).toContain('databases are not isolated')
})

test('names how many published flaws the Postgres has', () => {
  const said: string[] = []
  const flaws = [{ cve: 'CVE-2026-14669', fixedIn: '18.6', summary: 'x', usableBy: 'api_client' }]
  admitStrangers(
    { ...LOOPBACK, onProgress: (text) => void said.push(text) },
    { postgres: { ...postgres, flaws }, isolation: ON, osUids: null },
  )
  expect(said.join()).toContain('1 published flaws that 18.7 has not')
})
