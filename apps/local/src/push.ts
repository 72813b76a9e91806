import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Release } from '@db9/engine'
import { SIGNATURE_HEADER, signRequest } from '@db9/types/credential'
import { hmacKey } from '@db9/types/crypto'
import { INTERNAL_PATHS, type ReleaseReply, type ReleaseRequest } from '@db9/types/internal'
import type { InstallSecrets } from './secrets.ts'

interface PushReply {
  status: number
  text: string
}

const TIMEOUT_MS = 5_000

/** Signed calls from here to the other parts. */
export function signedPush(
  internalSecret: string,
): (origin: string, path: string, body: string) => Promise<PushReply> {
  const key = hmacKey(internalSecret)
  return async (origin, path, body) => {
    const signature = await signRequest({ method: 'POST', path, body }, await key)
    return post(origin + path, { 'content-type': 'application/json', [SIGNATURE_HEADER]: signature }, body)
  }
}

/**
 * What the engine asks before it puts a database to sleep. A proxy that cannot be reached, or does not run yet, holds
 * nothing that a stop could break.
 */
export function releasePush(secrets: InstallSecrets, origin: () => string | undefined): Release {
  const push = signedPush(secrets.internal)
  return async (databaseId, _, { forPlace }) => {
    const url = origin()
    if (url === undefined) return true
    const asked: ReleaseRequest = { for_place: forPlace }
    const body = JSON.stringify(asked)
    const reply = await push(url, INTERNAL_PATHS.release(databaseId), body).catch(() => null)
    return reply?.status === 200 ? (JSON.parse(reply.text) as ReleaseReply).released : true
  }
}

/** Node's own fetch adds `Sec-Fetch-Mode` to all it sends, and internal routes refuse what looks like a browser. */
function post(url: string, headers: Record<string, string>, body: string): Promise<PushReply> {
  return new Promise((resolve, reject) => {
    const request = url.startsWith('https:') ? requestHttps : requestHttp
    const outgoing = request(url, { method: 'POST', headers, timeout: TIMEOUT_MS }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text })).on('error', reject)
    })
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer in time')))
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
