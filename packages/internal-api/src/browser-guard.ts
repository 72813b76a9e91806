/** Tells requests that a browser sent from those of the parts, which call internal routes by programs alone. */

/**
 * A browser adds at least one of these by itself to whatever a page makes it send (docs: Fetch Metadata Request Headers). Node's
 * `fetch` sends `Sec-Fetch-Mode` too, so that one says nothing.
 */
const BROWSER_HEADERS: readonly string[] = ['origin', 'sec-fetch-site', 'sec-fetch-dest', 'sec-fetch-user']

/** Whether `has` says yes to a header that only browsers send. `has` takes a name in lower case. */
export function isFromBrowser(has: (name: string) => boolean): boolean {
  return BROWSER_HEADERS.some(has)
}
