/** Which databases may have a runtime beside those that have one. */
import type { FunctionAccount } from '@db9/types/functions-part'
import { expect, test } from 'vitest'
import { type Place, placesToGiveUp } from './places.ts'

const MOST = 8
const account = (kind: FunctionAccount['kind'], id: string = kind): FunctionAccount => ({ id, kind })
const taken = (of: FunctionAccount, count: number, isIdle = false): Place[] =>
  Array.from({ length: count }, () => ({ account: of, isIdle }))
const ask = (places: Place[], of: FunctionAccount) => [...placesToGiveUp(places, of, MOST)]

test.each(['anonymous', 'claimed'] as const)('one %s account has a quarter of the places', (kind) => {
  expect(ask(taken(account(kind, 'a'), 1), account(kind, 'a'))).toEqual([])
  const full = taken(account(kind, 'a'), 2)
  expect(() => ask(full, account(kind, 'a'))).toThrow(/of this account/)
  expect(ask(full, account(kind, 'b'))).toEqual([])
})

test('anonymous accounts have half of the places together, and others find one', () => {
  const full = ['a', 'b', 'c', 'd'].flatMap((id) => taken(account('anonymous', id), 1))
  expect(() => ask(full, account('anonymous', 'e'))).toThrow(/anonymous accounts/)
  expect(ask(full, account('claimed'))).toEqual([])
  expect(ask([...full, ...taken(account('owner'), 3)], account('owner'))).toEqual([])
})

test('the owner of the installation may have all places', () => {
  expect(ask(taken(account('owner'), 7), account('owner'))).toEqual([])
  expect(() => ask(taken(account('owner'), 8), account('owner'))).toThrow(/as may at once/)
})

test('an account at its bound gives up an idle place of its own, and nobody else one', () => {
  const own = taken(account('claimed'), 2, true)
  expect(ask([...taken(account('owner'), 6, true), ...own], account('claimed'))).toEqual([own[0]])
})

test('at the bound of all, the first idle place is given up, and one that is in use never', () => {
  const [idle] = taken(account('owner'), 1, true)
  const places = [...taken(account('owner'), 7), idle as Place]
  expect(ask(places, account('claimed'))).toEqual([idle])
})
