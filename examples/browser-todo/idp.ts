/**
 * An identity provider FOR THIS EXAMPLE ONLY: a person who names a user is that user, there are no passwords. It stands
 * where an app has Auth0, Clerk, Keycloak or its own: a JWKS to verify with, and short-lived ES256 tokens.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'

const MAX_BODY_BYTES = 1024
const USER_NAME = /^[a-z0-9][a-z0-9._-]{0,39}$/

export interface IdentityProviderOptions {
  /** Default 0: a free one. */
  port?: number
  /** Origins whose pages may sign users in. */
  allowedOrigins: string[]
  /** Who the tokens are for; default `browser-todo`. */
  audience?: string
  /** Life of a token in seconds; default 900. */
  lifetimeSeconds?: number
}

export interface IdentityProvider {
  url: string
  issuer: string
  jwksUrl: string
  audience: string
  /** A token for a user, as the sign-in form would get it. */
  mint(user: string): Promise<string>
  stop(): Promise<void>
}

interface Issuer {
  mint(user: string): Promise<string>
  jwks: { keys: JWK[] }
  allowedOrigins: string[]
  lifetimeSeconds: number
}

/** Starts on loopback with a key pair made now; tokens of an earlier start are worth nothing. */
export async function startIdentityProvider(options: IdentityProviderOptions): Promise<IdentityProvider> {
  const { allowedOrigins, audience = 'browser-todo', lifetimeSeconds = 900 } = options
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const publicJwk = await exportJWK(publicKey)
  const kid = await calculateJwkThumbprint(publicJwk)
  let issuer = ''
  const mint = (user: string) =>
    new SignJWT()
      .setProtectedHeader({ alg: 'ES256', kid, typ: 'JWT' })
      .setSubject(user)
      .setIssuer(issuer)
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime(`${lifetimeSeconds}s`)
      .sign(privateKey)
  const context: Issuer = {
    mint,
    jwks: { keys: [{ ...publicJwk, kid, alg: 'ES256', use: 'sig' }] },
    allowedOrigins,
    lifetimeSeconds,
  }
  const server = createServer((request, response) => {
    answer(request, response, context).catch((error: unknown) => {
      console.error('identity provider:', error)
      if (!response.headersSent) sendJson(response, 500, { message: 'internal error' })
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  issuer = `http://127.0.0.1:${port}`
  return {
    url: issuer,
    issuer,
    jwksUrl: `${issuer}/.well-known/jwks.json`,
    audience,
    mint,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, issuer: Issuer): Promise<void> {
  const route = `${request.method} ${request.url?.split('?')[0]}`
  allowOrigin(request, response, issuer.allowedOrigins)
  switch (route) {
    case 'GET /.well-known/jwks.json':
      return sendJson(response, 200, issuer.jwks)
    case 'OPTIONS /token':
      response.writeHead(204).end()
      return
    case 'POST /token':
      return signIn(request, response, issuer)
    default:
      return sendJson(response, 404, { message: 'an identity provider for the browser-todo example only' })
  }
}

async function signIn(request: IncomingMessage, response: ServerResponse, issuer: Issuer): Promise<void> {
  const { origin } = request.headers
  if (origin !== undefined && !issuer.allowedOrigins.includes(origin)) {
    return sendJson(response, 403, { message: `sign-in is not open to pages of ${origin}` })
  }
  const body = await readBody(request)
  if (body === null) {
    response.setHeader('connection', 'close')
    return sendJson(response, 413, { message: `a sign-in has at most ${MAX_BODY_BYTES} bytes` })
  }
  const user = parseUserName(body)
  if (user === null) {
    return sendJson(response, 400, {
      message: 'a user name has 1 to 40 characters: a-z, 0-9, dot, dash, underscore',
    })
  }
  sendJson(response, 200, { access_token: await issuer.mint(user), expires_in: issuer.lifetimeSeconds, user })
}

/** The user a sign-in names, from the JSON `{"username": "…"}`; null where it names none that is allowed. */
export function parseUserName(body: string): string | null {
  try {
    const name: unknown = JSON.parse(body)?.username
    const user = typeof name === 'string' ? name.trim().toLowerCase() : ''
    return USER_NAME.test(user) ? user : null
  } catch {
    return null
  }
}

async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_BODY_BYTES) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function allowOrigin(request: IncomingMessage, response: ServerResponse, allowedOrigins: string[]): void {
  response.setHeader('vary', 'Origin')
  const { origin } = request.headers
  if (origin === undefined || !allowedOrigins.includes(origin)) return
  response.setHeader('access-control-allow-origin', origin)
  response.setHeader('access-control-allow-methods', 'GET, POST')
  response.setHeader('access-control-allow-headers', 'content-type')
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' })
  response.end(JSON.stringify(body))
}
