/** The calls between the functions part, the control API and the gateway. Every one of them is signed. */

export const FUNCTIONS_PATHS = {
  /** POST, functions, `CodeSpec` → `CheckReply`: loads a version once, and runs nothing of it. */
  check: '/internal/functions/check',
  /** POST, functions, `RunRequest` → `RunReply`. 429 where too many runs wait, 503 where no runtime starts. */
  run: '/internal/functions/run',
  /** POST, functions → 200; 404 where there is no such run under way. */
  cancel: (runId: string) => `/internal/functions/runs/${runId}/cancel`,
  /**
   * Any method, functions: a call of a client of the data plane. `path` begins with the function's name. Signed over method, path and
   * `FUNCTION_CALLER_HEADER` in the place of the body, which is passed on as it comes.
   */
  http: (databaseId: string, path: string) => `/internal/functions/of/${databaseId}/${path}`,
  /** GET, control API → `FunctionTarget`; 404 where there is no such function. */
  target: (databaseId: string, name: string) => `/internal/databases/${databaseId}/functions/${name}`,
  /** POST, control API, `FinishedRun`: keeps a run that a client of the data plane has caused. */
  runs: '/internal/function-runs',
  /** GET, control API → the bytes of a bundle, by its digest `sha256:<hex>`. */
  bundle: (databaseId: string, digest: string) => `/internal/databases/${databaseId}/bundles/${digest}`,
} as const

/** Whose database it is. */
export interface FunctionAccount {
  id: string
  kind: 'owner' | 'anonymous' | 'claimed'
}

/** A version of a function, with all that its isolate is made of. */
export interface CodeSpec {
  account: FunctionAccount
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

/** `FunctionCaller` as JSON, percent-encoded. */
export const FUNCTION_CALLER_HEADER = 'x-db9-caller'

/** Who calls a function over HTTP, as the gateway has verified it. */
export interface FunctionCaller {
  role: string
  claims: Record<string, unknown>
  /** As the client has sent it. */
  url: string
  request_id: string
}

/** On an answer to a call over HTTP that is the function's own. */
export const FUNCTION_ANSWER_HEADER = 'x-db9-answer'

/** On the answer to a call over HTTP that did not come from the function's code: `missing`, `failed`, `late`, `busy`, `unavailable`. */
export const FUNCTION_REFUSAL_HEADER = 'x-db9-refusal'

/** What a call over HTTP runs. */
export interface FunctionTarget {
  is_public: boolean
  code: CodeSpec
  timeout_ms: number
  /** Null: the role of its caller. */
  role: string | null
}

export interface FinishedRun extends RunReply {
  run_id: string
  database_id: string
  function_id: string
  version_id: string
  role: string
  /** Milliseconds since the epoch. */
  started_at: number
}
