/** Both executors in a real workerd: batches, and Neon's SQL over HTTP. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestGateway, type TestGateway, type TestKey } from '../testing/gateway.ts'

describe.each(['batch', 'neon'] as const)(
  'with a data proxy that speaks %s, the gateway',
  (dataProxyWire) => {
    let gateway: TestGateway
    let key: TestKey
    const read = (init: RequestInit = {}) =>
      fetch(`${key.base}/notes`, { ...init, headers: { apikey: key.value } })

    beforeAll(async () => {
      gateway = await startTestGateway({ dataProxyWire })
      key = await gateway.addKey()
    })
    afterAll(() => gateway.stop())

    test('reads with one read-only transaction and gives the rows unchanged', async () => {
      for (const body of ['[]', '[{"id":1,"title":"ä → 𝄞"}]', `[${'{"id":1},'.repeat(100_000)}{}]`]) {
        gateway.proxy.body = body
        const before = gateway.proxy.batches.length
        const reply = await read()
        expect([reply.status, await reply.text()]).toEqual([200, body])
        expect(reply.headers.get('content-type')).toBe('application/json; charset=utf-8')
        expect(gateway.proxy.batches.slice(before)).toEqual([
          expect.objectContaining({
            readOnly: true,
            rollback: false,
            requestId: reply.headers.get('x-request-id'),
          }),
        ])
      }
    })

    test('answers HEAD without a body, and the next request with its own body', async () => {
      gateway.proxy.body = '[{"id":2}]'
      const head = await read({ method: 'HEAD' })
      expect([head.status, await head.text(), head.headers.get('content-range')]).toEqual([200, '', '0-0/*'])
      expect(await (await read()).text()).toBe('[{"id":2}]')
    })

    test('passes on the headers that SQL sets, those of the list alone, and none of the proxy’s', async () => {
      gateway.proxy.responseHeaders = '[{"X-Note": "one"}, {"Set-Cookie": "a=b"}]'
      const { headers } = await read()
      gateway.proxy.responseHeaders = null
      expect(headers.get('x-note')).toBe('one')
      expect(headers.has('set-cookie')).toBe(false)
      expect(headers.has('x-db9-row')).toBe(false)
    })

    test('answers with an error, not with rows, where SQL sets malformed headers', async () => {
      gateway.proxy.responseHeaders = 'nonsense'
      const reply = await read()
      gateway.proxy.responseHeaders = null
      expect([reply.status, await reply.json()]).toEqual([500, expect.objectContaining({ code: 'PGRST111' })])
    })

    test('names a constraint by the table that Postgres reports', async () => {
      const message = 'duplicate key value violates unique constraint "its_name"'
      const insert = async (table: string) => {
        const body = { code: '23505', message, schema: 'public', table, constraint: 'its_name' }
        gateway.proxy.replies.push({ status: 400, body })
        return (await (await read()).json()) as { message: string }
      }
      expect((await insert('notes')).message).toBe(message)
      expect((await insert('unlisted')).message).toBe(
        'duplicate key value violates unique constraint (not exposed)',
      )
    })

    test('reports the errors of Postgres, and a proxy that does not answer', async () => {
      gateway.proxy.replies.push({ status: 400, body: { code: '23505', message: 'duplicate key' } })
      expect((await read()).status).toBe(409)
      await gateway.proxy.close()
      const away = await read()
      expect([away.status, await away.json()]).toEqual([503, expect.objectContaining({ code: 'DB9504' })])
    })
  },
)
