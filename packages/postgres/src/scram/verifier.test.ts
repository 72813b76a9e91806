import { expect, test } from 'vitest'
import { makeScramVerifier, SCRAM_VERIFIER } from './verifier.ts'

test('the verifier of RFC 7677’s example has the keys that its exchange proves', () => {
  const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64')
  expect(makeScramVerifier('pencil', { salt })).toBe(
    'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
  )
})

test('two verifiers of one password differ, and hold no trace of it', () => {
  const [one, two] = [makeScramVerifier('correct horse'), makeScramVerifier('correct horse')]
  expect(one).not.toBe(two)
  expect(one).not.toContain('correct')
  expect(one).toMatch(SCRAM_VERIFIER)
})
