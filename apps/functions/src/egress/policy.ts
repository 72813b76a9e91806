/** Which URLs a function may call: those on the list of its version. */

/** An entry of `network_allowlist`, as it is compared. */
interface Entry {
  protocol: string
  port: string
  host: string
  /** `*.host`: names below it, and not the host itself. */
  isPattern: boolean
}

const DEFAULT_PORT: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' }

function parseEntry(text: string): Entry | null {
  const [, scheme = 'https://', star = '', rest = ''] = /^(https?:\/\/)?(\*\.)?(.*)$/i.exec(text) ?? []
  const url = URL.parse(scheme + rest)
  if (!url || url.hostname === '') return null
  return { protocol: url.protocol, port: portOf(url), host: url.hostname, isPattern: star !== '' }
}

function portOf({ protocol, port }: URL): string {
  return port || (DEFAULT_PORT[protocol] ?? '')
}

export type Verdict = { kind: 'allowed'; url: URL } | { kind: 'refused'; reason: string }

/** Whether a URL is on the list. The name in it is not looked up here. */
export function judgeUrl(target: string, allowlist: readonly string[]): Verdict {
  const url = URL.parse(target)
  if (!url || !(url.protocol in DEFAULT_PORT)) return refuse('only http and https URLs can be called')
  if (url.username !== '' || url.password !== '')
    return refuse('a URL with a user name or password is not called')
  const isListed = allowlist.some((text) => {
    const entry = parseEntry(text)
    return entry !== null && matches(entry, url)
  })
  if (isListed) return { kind: 'allowed', url }
  return refuse(`${url.origin} is not on the network_allowlist of this function`)
}

function matches({ protocol, port, host, isPattern }: Entry, url: URL): boolean {
  if (protocol !== url.protocol || port !== portOf(url)) return false
  return isPattern ? url.hostname.endsWith(`.${host}`) : url.hostname === host
}

function refuse(reason: string): Verdict {
  return { kind: 'refused', reason }
}
