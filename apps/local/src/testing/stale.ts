/** Says to the gateway, as the control API would, that a key changed: its object then has to ask for it again. */

import { loadSecrets } from '@db9/control-api/start'
import { SIGNATURE_HEADER, signRequest } from '@db9/internal-api/signature'
import { hmacKey } from '@db9/types/crypto'
import { INTERNAL_PATHS } from '@db9/types/internal'
import { keyIdOf } from '@db9/types/keys'
import { expect } from 'vitest'
import { sendRaw } from './raw-http.ts'

export async function makeStale(stack: {
  url: string
  home: string
  databaseId: string
  key: string
}): Promise<void> {
  const path = INTERNAL_PATHS.invalidate
  const body = JSON.stringify({
    database_id: stack.databaseId,
    key_ids: [keyIdOf('publishableKey', stack.key)],
  })
  const secret = await hmacKey(loadSecrets(stack.home).internal)
  const signature = await signRequest({ method: 'POST', path, body }, secret)
  const reply = await sendRaw(stack.url, {
    line: `POST ${path} HTTP/1.1`,
    headers: [
      ['Host', 'localhost'],
      ['Content-Length', String(body.length)],
      [SIGNATURE_HEADER, signature],
    ],
    body,
  })
  expect(reply.status).toBe(204)
}
