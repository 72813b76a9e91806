/** The bindings and variables of the Worker, as the runtime hands them over. `config.ts` parses them. */
import type { DatabaseCalls, KeyCalls } from './object-calls.ts'

export interface Env {
  CONTROL?: Fetcher
  CONTROL_URL?: string
  DATA_PROXY?: Fetcher
  DATA_PROXY_URL?: string
  FUNCTIONS?: Fetcher
  FUNCTIONS_URL?: string
  DB9_DATA_PROXY_WIRE?: string
  KEY_LIMITER: DurableObjectNamespace<KeyCalls>
  DATABASE: DurableObjectNamespace<DatabaseCalls>
  JWKS_OUTBOUND?: Fetcher
  DB9_KEY_SECRET?: string
  DB9_INTERNAL_SECRET?: string
  DB9_ALLOW_LOCAL_JWKS?: string
  DB9_DATA_DOMAIN?: string
  DB9_TRUSTED_PROXIES?: string
  DB9_ALLOWED_HOSTS?: string
  DB9_METRICS_TOKEN?: string
  ANALYTICS?: AnalyticsEngineDataset
  DB9_ON_CLOUDFLARE?: string
  DB9_FAILED_REQUESTS?: string
  DB9_BODY_TIMEOUT_MS?: string
  DB9_BODY_GRACE_MS?: string
  DB9_REPLY_IDLE_MS?: string
}
