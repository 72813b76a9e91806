import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { allowedHostsOn, GATEWAY_VARIABLES } from './variables.ts'

/** Set by what runs the Worker, and by no person: workerd is not Cloudflare. */
const SET_BY_US = ['DB9_ON_CLOUDFLARE']

test('the table has every variable of the Worker', () => {
  const bindings = readFileSync(join(import.meta.dirname, '../src/bindings.ts'), 'utf8')
  const ofWorker = [...bindings.matchAll(/^ {2}(DB9_\w+)/gm)].map(([, name]) => String(name))
  const ofTable: string[] = Object.values(GATEWAY_VARIABLES).map(({ name }) => name)
  expect(ofWorker.length).toBeGreaterThan(5)
  expect(ofWorker.filter((name) => !ofTable.includes(name) && !SET_BY_US.includes(name))).toEqual([])
})

test('on loopback the REST API answers to the loopback names beside those that are set', () => {
  expect(allowedHostsOn('127.0.0.1', '')).toBe('localhost,127.0.0.1,[::1]')
  expect(allowedHostsOn('127.0.0.1', 'a.example')).toBe('a.example,localhost,127.0.0.1,[::1]')
  expect(allowedHostsOn('0.0.0.0', 'a.example')).toBe('a.example')
})
