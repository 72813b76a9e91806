import { SIGNATURE_HEADER, verifyRequest } from '@db9/internal-api/signature'
import { hmacKey } from '@db9/types/crypto'
import { newId } from '@db9/types/ids'
import { expect, test } from 'vitest'
import { createControlClient } from './control-client.ts'
import { INTERNAL_SECRET } from './testing/stack.ts'

const ID = newId('database')

async function clientThatGets(response: () => Response | Promise<Response>) {
  const requests: Request[] = []
  const fetch = async (request: Request) => {
    requests.push(request)
    return response()
  }
  return { client: await createControlClient({ fetch, internalSecret: INTERNAL_SECRET }), requests }
}

test('it asks by a rightly signed request that names the role', async () => {
  const { client, requests } = await clientThatGets(() => Response.json({ verifier: 'v' }))
  const asked = { role: 'ann', salting: { salt: 'c2FsdA==', iterations: 4096 } }
  expect(await client.verifier(ID, asked)).toEqual({ verifier: 'v' })
  const [request] = requests
  const body = (await request?.text()) ?? ''
  expect(JSON.parse(body)).toEqual(asked)
  const path = new URL(request?.url ?? '').pathname
  expect(path).toBe(`/internal/databases/${ID}/verifier`)
  const signature = request?.headers.get(SIGNATURE_HEADER)
  const key = await hmacKey(INTERNAL_SECRET)
  expect(await verifyRequest({ method: 'POST', path, body }, signature, key)).not.toBeNull()
  expect(await verifyRequest({ method: 'POST', path, body: '{}' }, signature, key)).toBeNull()
})

test('404 is no database', async () => {
  const { client } = await clientThatGets(() => new Response(null, { status: 404 }))
  expect(await client.connect(ID, { role: 'admin' })).toBeNull()
})

test.each([
  ['409, of a database that is not active', () => new Response('{"message":"inner words"}', { status: 409 })],
  ['503', () => new Response(null, { status: 503 })],
  ['no answer', () => Promise.reject(new TypeError('connect ECONNREFUSED 127.0.0.1:4711'))],
])('%s is 57P03, without inner words', async (_, response) => {
  const { client } = await clientThatGets(response)
  const refused = client.connect(ID, { role: 'admin' })
  await expect(refused).rejects.toMatchObject({ code: '57P03', status: 503 })
  await expect(refused).rejects.toThrow(/^the database /)
})

test('a database for which there is no place is 53300, to be tried again', async () => {
  const { client } = await clientThatGets(() =>
    Response.json({ code: 'at_capacity', message: 'inner words' }, { status: 503 }),
  )
  const refused = client.connect(ID, { role: 'admin' })
  await expect(refused).rejects.toMatchObject({ code: '53300', status: 503 })
  await expect(refused).rejects.toThrow(/^too many databases run/)
})
