/** What the page is told when it is built or served: the variables of a Vite app. All of it may be public. */
export interface PageConfig {
  /** `<gateway>/db/<database id>`. */
  url: string
  key: string
  idpUrl: string
}

/** Throws, with the name of the variable, where one is missing. */
export function readConfig(): PageConfig {
  const env = import.meta.env
  return {
    url: required('VITE_DB9_URL', env.VITE_DB9_URL),
    key: required('VITE_DB9_PUBLISHABLE_KEY', env.VITE_DB9_PUBLISHABLE_KEY),
    idpUrl: required('VITE_IDP_URL', env.VITE_IDP_URL),
  }
}

function required(name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value
  throw new Error(
    `${name} is not set. "npx --yes pnpm@12 example" sets it; see README.md for a page of your own.`,
  )
}
