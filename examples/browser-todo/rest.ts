/** The REST API as `prepare.ts` needs it: JSON over fetch with the owner's token. */

export class RestError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.name = 'RestError'
    this.status = status
  }
}

export type RestCall = (
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  body?: object,
) => Promise<unknown>

/** Calls `/customer/*`; a reply that is not 2xx throws a `RestError` with the API's own message. */
export function restClient({ gatewayUrl, token }: { gatewayUrl: string; token: string }): RestCall {
  return async (method, path, body) => {
    const response = await fetch(new URL(path, gatewayUrl), {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) {
      throw new RestError(
        response.status,
        `${method} ${path} answered ${response.status}: ${messageOf(text)}`,
      )
    }
    return text === '' ? null : JSON.parse(text)
  }
}

function messageOf(text: string): string {
  try {
    return textField(JSON.parse(text), 'message')
  } catch {
    return text.slice(0, 200)
  }
}

/** A text field of a reply; throws where the reply has none. */
export function textField(reply: unknown, name: string): string {
  const value = reply !== null && typeof reply === 'object' ? Reflect.get(reply, name) : undefined
  if (typeof value !== 'string') throw new TypeError(`the reply has no text field "${name}"`)
  return value
}
