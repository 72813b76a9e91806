/**
 * `check-size.ts [bundle]`: fails when the Worker is larger than its budget. `deploy:check` runs it on the bundle that wrangler
 * has written to `dist`. Cloudflare bounds the size of a Worker, and a larger one takes longer to start in a cold isolate.
 * Raise the budget in the commit that needs more, and say there what for.
 */
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

/** Bytes. */
const BUDGET = { plain: 760_000, gzip: 208_000 }

const bundle = readFileSync(process.argv[2] ?? new URL('dist/index.js', import.meta.url))
const size = { plain: bundle.length, gzip: gzipSync(bundle).length }
const inKilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`
const report = (['plain', 'gzip'] as const)
  .map((form) => `${inKilobytes(size[form])} ${form} of ${inKilobytes(BUDGET[form])}`)
  .join(', ')

if (size.plain > BUDGET.plain || size.gzip > BUDGET.gzip) {
  process.stderr.write(`The Worker is larger than its budget: ${report}\n`)
  process.exitCode = 1
} else process.stdout.write(`Size of the Worker: ${report}\n`)
