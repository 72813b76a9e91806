// Starts a TypeScript entry point on the Node that the project brings along. Plain JavaScript, so that it can still
// say what is wrong when an install failed half-way and only the machine's older Node is there.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const [entry, ...args] = process.argv.slice(2)
const bundled = join(root, 'node_modules', '.bin', 'node')

const SUPPORTED = new Set(['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'])
const platform = `${process.platform}-${process.arch}`
if (!SUPPORTED.has(platform)) {
  console.error(`db9 runs on Linux (glibc) and macOS, on x64 and arm64; this machine is ${platform}.`)
  process.exit(1)
}

const [major, minor] = process.versions.node.split('.').map(Number)
const stripsTypes = major > 22 || (major === 22 && minor >= 18)
if (stripsTypes) {
  process.argv.splice(1, 2, resolve(root, entry))
  await import(resolve(root, entry))
} else if (existsSync(bundled)) {
  const child = spawn(bundled, [resolve(root, entry), ...args], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)))
} else {
  console.error(
    `db9 needs Node 22.18 or newer and brings its own, but the install did not finish (this is ${process.version}).\n` +
      'Run "npx --yes pnpm@12 install" and read its errors, then start again.',
  )
  process.exit(1)
}
