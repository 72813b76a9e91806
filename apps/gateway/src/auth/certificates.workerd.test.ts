/** Key sets behind TLS, in a real workerd: which certificates are trusted. */
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Certificates, hasOpenssl, makeCertificates } from '../testing/certificates.ts'
import { startTestGateway, type TestGateway } from '../testing/gateway.ts'
import { startIssuer, type TestIssuer } from '../testing/identity.ts'

/** The key set of the issuer over TLS, by this certificate, and how a token of it is answered. */
async function tryWith(kind: Exclude<keyof Certificates, 'authority'>, on: TestGateway) {
  const server = createServer(certificates[kind], (_, response) => response.end(issuer.reply.body))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const key = await on.addKey((config) => {
    config.byo_jwt = { ...issuer.config, jwks_url: `https://127.0.0.1:${port}/jwks.json` }
  })
  const authorization = `Bearer ${await issuer.token()}`
  const before = on.proxy.batches.length
  const reply = await fetch(`${key.base}/notes`, { headers: { apikey: key.value, authorization } })
  const body = (await reply.json()) as { code?: string; details?: string }
  await new Promise((resolve) => server.close(resolve))
  return {
    status: reply.status,
    code: body.code,
    details: body.details,
    ran: on.proxy.batches.length - before,
  }
}

let certificates: Certificates
let issuer: TestIssuer
let gateway: TestGateway

describe.skipIf(!hasOpenssl())('a key set behind TLS', () => {
  beforeAll(async () => {
    certificates = makeCertificates()
    issuer = await startIssuer()
    gateway = await startTestGateway({ jwksCertificates: certificates.authority })
  })
  afterAll(async () => {
    await gateway?.stop()
    await issuer?.close()
  })

  test('is accepted where an authority of the operator has signed the certificate of its server', async () => {
    expect(await tryWith('good', gateway)).toMatchObject({ status: 200, ran: 1 })
  })

  test.each([
    ['has expired', 'expired'],
    ['is another host’s', 'ofAnotherHost'],
    ['is signed by an unknown authority', 'ofUnknownIssuer'],
  ] as const)('is refused where the certificate %s, and no SQL runs', async (_, kind) => {
    expect(await tryWith(kind, gateway)).toEqual({
      status: 401,
      code: 'PGRST301',
      details: expect.stringContaining('The key set of the identity provider cannot be used'),
      ran: 0,
    })
  })

  test('is refused where an unknown authority has signed the certificate of its server', async () => {
    const plain = await startTestGateway()
    expect(await tryWith('good', plain)).toMatchObject({ status: 401, code: 'PGRST301', ran: 0 })
    await plain.stop()
  })
})
