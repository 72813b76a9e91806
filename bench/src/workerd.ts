/** Plain `workerd serve` of one small worker, with no miniflare in between. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

// The package has no types; its default export is the path of the binary for this platform.
const { default: binary } = createRequire(import.meta.url)('workerd') as { default: string }

export const WORKERD_PATH = binary

export interface WorkerSpec {
  /** One ES module, all of it. */
  source: string
  /** Port of the service behind the binding UPSTREAM. */
  upstreamPort?: number
  /** Text bindings. */
  variables?: Record<string, string>
}

/** Writes a worker and its config into a folder of its own; gives the config's path. */
export function writeWorkerd(folder: string, spec: WorkerSpec): string {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'worker.js'), spec.source)
  const variables = Object.entries(spec.variables ?? {}).map(
    ([name, text]) => `(name = ${JSON.stringify(name)}, text = ${JSON.stringify(text)})`,
  )
  const bindings = spec.upstreamPort === undefined ? [] : ['(name = "UPSTREAM", service = "upstream")']
  const upstream = `(name = "upstream", external = (address = "127.0.0.1:${spec.upstreamPort}", http = ())),`
  const path = join(folder, 'config.capnp')
  writeFileSync(
    path,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    ${spec.upstreamPort === undefined ? '' : upstream}
    (name = "main", worker = (
      modules = [(name = "worker", esModule = embed "worker.js")],
      compatibilityDate = "2026-10-01",
      bindings = [${[...bindings, ...variables].join(', ')}],
    )),
  ],
  sockets = [(name = "http", http = (), service = "main")],
);
`,
  )
  return path
}
