import { Hono } from 'hono'
import pino from 'pino'
import { expect, test } from 'vitest'
import type { AppEnv } from './env.ts'
import { toErrorResponse } from './errors.ts'

const log = pino({ level: 'silent' })

async function answerTo(error: Error): Promise<Response> {
  const app = new Hono<AppEnv>()
  app.onError((thrown, c) => toErrorResponse(thrown, c, log))
  app.get('/', () => {
    throw error
  })
  return app.request('/')
}

test.each([
  Object.assign(new Error('connect ECONNREFUSED /run/secret'), { code: 'ECONNREFUSED', syscall: 'connect' }),
  Object.assign(new Error('connect ENOENT /run/secret'), { code: 'ENOENT', syscall: 'connect' }),
  Object.assign(new Error('terminating connection'), { code: '57P01' }),
  new Error('Connection terminated unexpectedly'),
])('returns 503 with Retry-After while the metadata restarts (%s)', async (error) => {
  const reply = await answerTo(error)
  expect([reply.status, reply.headers.get('retry-after')]).toEqual([503, '1'])
  expect(await reply.text()).not.toContain('secret')
})

test.each([
  Object.assign(new Error('open /etc/secret'), { code: 'ENOENT', syscall: 'open' }),
  Object.assign(new Error('duplicate key'), { code: '23505' }),
  new Error('a secret'),
])('returns 500 without details for a defect (%s)', async (error) => {
  const reply = await answerTo(error)
  expect(reply.status).toBe(500)
  expect(await reply.json()).toEqual({ message: 'internal error', code: 'internal', request_id: 'none' })
})
