/** Serves the page from its sources with Vite. */
import { rm } from 'node:fs/promises'
import { createServer as createSocketServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createServer } from 'vite'

const ROOT = fileURLToPath(new URL('.', import.meta.url))

export interface ServeOptions {
  gatewayUrl: string
  databaseId: string
  /** The publishable key. */
  key: string
  idpUrl: string
  /** Default 0: a free one. */
  port?: number
}

export interface ServedTodo {
  /** The page's address, without a path: also its origin. */
  url: string
  stop(): Promise<void>
}

/** What the page is told, in the form of the variables that a Vite app's `.env` file would hold. */
export function pageVariables(options: Omit<ServeOptions, 'port'>): Record<string, string> {
  return {
    VITE_DB9_URL: `${options.gatewayUrl}/db/${options.databaseId}`,
    VITE_DB9_PUBLISHABLE_KEY: options.key,
    VITE_IDP_URL: options.idpUrl,
  }
}

/** Starts the page on loopback. A port that is taken throws; another is not chosen. */
export async function serveTodo(options: ServeOptions): Promise<ServedTodo> {
  const port = options.port ?? (await freePort())
  const variables = Object.entries(pageVariables(options))
  // Two pages of one checkout must not share a cache: what a page is told is part of it.
  const cacheDir = join(ROOT, 'node_modules/.vite', `page-${port}`)
  const server = await createServer({
    root: ROOT,
    configFile: false,
    logLevel: 'error',
    clearScreen: false,
    cacheDir,
    optimizeDeps: { include: ['@supabase/supabase-js'] },
    define: Object.fromEntries(
      variables.map(([name, value]) => [`import.meta.env.${name}`, JSON.stringify(value)]),
    ),
    server: { host: '127.0.0.1', port, strictPort: true },
  })
  await server.listen()
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      await server.close()
      await rm(cacheDir, { recursive: true, force: true })
    },
  }
}

/** A port of loopback on which nothing listens now. */
export function freePort(): Promise<number> {
  return listenFor(0)
}

/** Whether a page could be served there. */
export async function isFree(port: number): Promise<boolean> {
  return (await listenFor(port).catch(() => null)) !== null
}

/** Listens for a moment; gives the port. */
async function listenFor(port: number): Promise<number> {
  const probe = createSocketServer()
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject)
    probe.listen(port, '127.0.0.1', resolve)
  })
  const address = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
