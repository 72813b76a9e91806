// Bundles a worker of bench/src/workers with the dependencies of this folder and prints it: `node bundle.mjs <file>`.
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = dirname(fileURLToPath(import.meta.url))
const { outputFiles } = await build({
  entryPoints: [process.argv[2]],
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2024',
  conditions: ['workerd', 'worker', 'browser'],
  // The workers lie outside of this folder, so its packages are named as a place to look.
  nodePaths: [join(here, 'node_modules')],
  write: false,
})
process.stdout.write(outputFiles[0].text)
