/** The calls between the functions part, the control API and the gateway. Every one of them is signed. */

export const FUNCTIONS_PATHS = {
  /** POST, functions, `CodeSpec` → `CheckReply`: loads a version once, and runs nothing of it. */
  check: '/internal/functions/check',
  /** POST, functions, `RunRequest` → `RunReply`. 429 where too many runs wait, 503 where no runtime starts. */
  run: '/internal/functions/run',
  /** POST, functions → 200; 404 where there is no such run under way. */
  cancel: (runId: string) => `/internal/functions/runs/${runId}/cancel`,
  /** GET, control API → the bytes of a bundle, by its digest `sha256:<hex>`. */
  bundle: (databaseId: string, digest: string) => `/internal/databases/${databaseId}/bundles/${digest}`,
} as const

/** A version of a function, with all that its isolate is made of. */
export interface CodeSpec {
  database_id: string
  function_id: string
  version_id: string
  /** `sha256:<hex>` */
  bundle_digest: string
  entrypoint: string
  network_allowlist: string[]
  /** Values by the names that the function knows them by. */
  secrets: Record<string, string>
}

export type RunTrigger = 'invoke' | 'cron' | 'api'

export interface RunStart {
  run_id: string
  trigger_type: RunTrigger
  /** The role of the database that its SQL runs as. */
  role: string
  /** Of the caller's verified JWT; null where there is none. */
  claims: Record<string, unknown> | null
  timeout_ms: number
}

export interface RunRequest {
  code: CodeSpec
  start: RunStart
  /** What the handler gets. */
  input: unknown
}

/** `message` is null where the version loads. */
export interface CheckReply {
  message: string | null
}

export interface RunReply {
  status: 'completed' | 'failed' | 'timed_out' | 'cancelled'
  result_json: string | null
  error: string | null
  logs: string
  duration_ms: number
}
