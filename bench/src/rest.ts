/** The REST API as the bench needs it. */

export type RestCall = (
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  body?: object,
) => Promise<unknown>

/** Calls `/customer/*`; a reply that is not 2xx throws with what it said. */
export function restClient({ url, token }: { url: string; token: string }): RestCall {
  return async (method, path, body) => {
    const response = await fetch(new URL(path, url), {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 500)}`)
    return text === '' ? null : JSON.parse(text)
  }
}

/** A text field of a reply; throws where the reply has none. */
export function textField(reply: unknown, name: string): string {
  const value = reply !== null && typeof reply === 'object' ? Reflect.get(reply, name) : undefined
  if (typeof value !== 'string') throw new TypeError(`the reply has no text field "${name}"`)
  return value
}
