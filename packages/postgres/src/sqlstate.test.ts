import { expect, test } from 'vitest'
import { isConnectionException, isInsufficientResources, isServerUnavailable } from './sqlstate.ts'

test.each([
  ['57P01', [true, false, false]],
  ['57P02', [true, false, false]],
  ['57P03', [true, false, false]],
  // The database was dropped, an idle session timed out: the server itself goes on.
  ['57P04', [false, false, false]],
  ['57P05', [false, false, false]],
  ['53300', [false, true, false]],
  ['08006', [false, false, true]],
  ['42P01', [false, false, false]],
  [undefined, [false, false, false]],
])('classifies %s', (code, classes) => {
  expect([isServerUnavailable(code), isInsufficientResources(code), isConnectionException(code)]).toEqual(
    classes,
  )
})
