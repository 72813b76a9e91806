import { expect, test } from 'vitest'
import { ProxyError } from '../errors.ts'
import { toProxyError } from './address.ts'

test('a server that cannot be reached is unavailable; its socket is named in the cause alone', () => {
  const cause = new Error('connect EACCES /srv/db9/s/1/.s.PGSQL.5432')
  const error = toProxyError(cause)
  expect(error).toMatchObject({ code: '57P03', status: 503, cause })
  expect(error.message).not.toContain('/srv')
})

test('a refusal of our own or of the server keeps its code', () => {
  const own = new ProxyError('53100', 'over its quota')
  expect(toProxyError(own)).toBe(own)
  expect(toProxyError({ C: '53300', M: 'too many clients' })).toMatchObject({ code: '53300', status: 503 })
  expect(toProxyError({ C: '28P01', M: 'no' })).toMatchObject({ code: '28P01', status: 400 })
})
