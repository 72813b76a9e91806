/** The frame of the pages that this API serves. */

/** An HTML document. `body` is ours and holds nothing of a request. */
export function page(title: string, body: string, scripts: readonly string[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/page.css">
</head>
<body>
${body}
${scripts.map((src) => `<script src="${src}"></script>`).join('\n')}
</body>
</html>
`
}

export const STYLE = `body { margin: 0 }
.landing { max-width: 46rem; margin: 0 auto; padding: 2.5rem 1.25rem; font: 16px/1.5 system-ui, sans-serif; color-scheme: light dark }
.landing h1 { font-size: 1.9rem; margin: 0 0 .25rem }
.landing h2 { font-size: 1.1rem; margin: 2rem 0 .5rem }
.landing pre { background: light-dark(#f4f5f7, #22262b); border-radius: 6px; padding: .9rem 1rem; overflow-x: auto; font-size: .85rem }
.landing code { font-family: ui-monospace, monospace }
.landing a { color: light-dark(#0b5fff, #7db0ff) }
html:has(.landing) { color-scheme: light dark }
`
