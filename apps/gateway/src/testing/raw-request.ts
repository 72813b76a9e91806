/** Requests that `fetch` cannot send: any path, host and headers, and a body in given pieces. */
import { request as httpRequest } from 'node:http'

export interface RawOptions {
  method?: string
  headers?: Record<string, string>
  body?: Iterable<string>
}

/** `path` is sent as it is, to the server at `url`. */
export function sendRaw(
  url: string,
  path: string,
  options: RawOptions,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url)
    const { method = 'GET', headers = {} } = options
    const request = httpRequest({ hostname, port, path, method, headers }, (response) => {
      let body = ''
      response.on('data', (chunk) => {
        body += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
    })
    request.on('error', reject)
    for (const chunk of options.body ?? []) request.write(chunk)
    request.end()
  })
}
