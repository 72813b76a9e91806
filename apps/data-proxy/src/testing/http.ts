import { type IncomingHttpHeaders, request } from 'node:http'

export interface SqlReply {
  status: number
  headers: IncomingHttpHeaders
  // A test says by its expectation which shape the body has.
  body: Record<string, unknown>
}

export interface SqlRequestOptions {
  port: number
  connectionString: string | undefined
  body: unknown
  headers?: Record<string, string>
}

/** One `POST /sql` as it stands, with no driver between. */
export async function postSql({
  port,
  connectionString,
  body,
  headers = {},
}: SqlRequestOptions): Promise<SqlReply> {
  const authorization = connectionString === undefined ? {} : { 'neon-connection-string': connectionString }
  const reply = await postText({ port, path: '/sql', headers: { ...authorization, ...headers }, body })
  return { ...reply, body: JSON.parse(reply.body) }
}

/** Not by fetch: Node's adds `Sec-Fetch-Mode` to all that it sends. */
export function postText(options: {
  port: number
  path: string
  headers: Record<string, string>
  body: unknown
}): Promise<{ status: number; headers: IncomingHttpHeaders; body: string }> {
  const { port, path, headers, body } = options
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method: 'POST', headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const { statusCode: status = 0, headers } = response
        resolve({ status, headers, body: Buffer.concat(chunks).toString() })
      })
    })
    sent.on('error', reject)
    sent.end(typeof body === 'string' ? body : JSON.stringify(body))
  })
}
