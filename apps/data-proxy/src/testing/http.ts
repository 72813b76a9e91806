import { request } from 'node:http'

export interface SqlReply {
  status: number
  headers: Record<string, string | string[] | undefined>
  // A test reads whatever came; what it expects says the shape.
  body: Record<string, unknown>
}

export interface SqlRequestOptions {
  port: number
  connectionString: string | undefined
  body: unknown
  headers?: Record<string, string>
}

/** One `POST /sql` as it stands, with no driver between. */
export function postSql({
  port,
  connectionString,
  body,
  headers = {},
}: SqlRequestOptions): Promise<SqlReply> {
  return new Promise((resolve, reject) => {
    const authorization = connectionString === undefined ? {} : { 'neon-connection-string': connectionString }
    const sent = request(
      { host: '127.0.0.1', port, path: '/sql', method: 'POST', headers: { ...authorization, ...headers } },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: JSON.parse(text) })
        })
      },
    )
    sent.on('error', reject)
    sent.end(typeof body === 'string' ? body : JSON.stringify(body))
  })
}
