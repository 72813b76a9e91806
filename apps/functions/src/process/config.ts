/** The configuration of a runtime process, in workerd's own form (Cap'n Proto text). */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What the runtime is to behave like, for the supervisor and for functions alike. */
export const COMPATIBILITY_DATE = '2026-11-02'

/** Where a runtime process finds its files, in its sandbox or without one. */
export interface RuntimePaths {
  workerd: string
  /** Holds the configuration and the supervisor. */
  files: string
  /** The host listens here. */
  hostSocket: string
  /** The process listens here. */
  runSocket: string
}

/** V8 ends the process where one isolate's heap grows beyond this. */
const HEAP_MB = 128

const folder = join(dirname(fileURLToPath(import.meta.url)), '..', 'isolate')

export const SUPERVISOR_FILE = join(folder, 'supervisor.js')
export const RUNNER_FILE = join(folder, 'runner.js')

/** The text of the configuration; it embeds `supervisor.js` from beside it. */
export function configText({ hostSocket, runSocket }: RuntimePaths): string {
  const quoted = (path: string) => JSON.stringify(`unix:${path}`)
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  logging = (structuredLogging = true),
  services = [
    (name = "main", worker = .main),
    (name = "host", external = (address = ${quoted(hostSocket)}, http = ())),
    (name = "internet", network = (allow = [])),
  ],
  sockets = [(name = "http", address = ${quoted(runSocket)}, http = (), service = "main")],
  v8Flags = ["--single-threaded-gc", "--max-semi-space-size=2", "--max-heap-size=${HEAP_MB}"],
);
const main :Workerd.Worker = (
  modules = [(name = "supervisor.js", esModule = embed "supervisor.js")],
  compatibilityDate = "${COMPATIBILITY_DATE}",
  bindings = [
    (name = "HOST", service = "host"),
    (name = "LOADER", workerLoader = (id = "functions")),
  ],
  globalOutbound = "internet",
);
`
}
