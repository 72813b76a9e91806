/** The OpenAPI documents, the interactive documentation, and the page at `/`. */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { OpenAPIHono } from '@hono/zod-openapi'
import { DATA_PLANE_DOCUMENT } from './data-plane-document.ts'
import type { AppEnv } from './env.ts'
import { LANDING_PAGE, LANDING_SCRIPT } from './landing.ts'
import { OPENAPI_DOCUMENT } from './openapi.ts'
import { page, STYLE } from './page.ts'

const VIEWER = page('DB9 API', '<div id="docs"></div>', ['/docs/viewer.js', '/docs/start.js'])

/** Nothing is asked of another origin: no fonts, no assistant, no telemetry. */
const START = `Scalar.createApiReference('#docs', {
  sources: [
    { title: 'REST API', url: '/openapi.json' },
    { title: 'Data plane', slug: 'data-plane', url: '/docs/data-plane.json' },
  ],
  withDefaultFonts: false,
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  showDeveloperTools: 'never',
  persistAuth: false,
})
`

/**
 * Everything comes from this origin, requests that a page sends go to it, and nothing may frame it. The viewer adds style
 * sheets by script, for which a page cannot vouch; scripts are files alone.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const JSON_TYPE = 'application/json; charset=utf-8'
const SCRIPT_TYPE = 'text/javascript; charset=utf-8'

/** What is served as it stands. */
const TEXTS: Readonly<Record<string, { type: string; text: string }>> = {
  '/docs/start.js': { type: SCRIPT_TYPE, text: START },
  '/docs/landing.js': { type: SCRIPT_TYPE, text: LANDING_SCRIPT },
  '/docs/page.css': { type: 'text/css; charset=utf-8', text: STYLE },
  '/docs/data-plane.json': { type: JSON_TYPE, text: JSON.stringify(DATA_PLANE_DOCUMENT) },
}

/** `/`, `/openapi.json` and the interactive `/docs`. */
export function mountDocs(app: OpenAPIHono<AppEnv>): void {
  let document: string | undefined
  app.get('/openapi.json', (c) => {
    document ??= JSON.stringify(app.getOpenAPI31Document(OPENAPI_DOCUMENT))
    return c.body(document, 200, { 'content-type': JSON_TYPE })
  })
  for (const [path, html] of Object.entries({ '/': LANDING_PAGE, '/docs': VIEWER })) {
    app.get(path, (c) => {
      c.header('Content-Security-Policy', CONTENT_SECURITY_POLICY)
      return c.html(html)
    })
  }
  app.get('/docs/', (c) => c.redirect('/docs', 308))
  for (const [path, { type, text }] of Object.entries(TEXTS))
    app.get(path, (c) => c.body(text, 200, { 'content-type': type }))

  const folder = dirname(createRequire(import.meta.url).resolve('@scalar/api-reference'))
  app.get('/docs/viewer.js', async (c) =>
    c.body(await readFile(join(folder, 'browser', 'standalone.js')), 200, {
      'content-type': SCRIPT_TYPE,
      'cache-control': 'public, max-age=3600',
    }),
  )
}
