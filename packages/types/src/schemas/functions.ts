/** Schemas of functions, their versions and their runs. */
import * as z from 'zod'
import { FUNCTION_LIMITS } from '../function-limits.ts'
import { page, timestamp } from './common.ts'
import { secretName } from './secrets.ts'

const roleName = z
  .string()
  .min(1)
  .max(63)
  .refine((name) => !name.includes('\0'), 'must not contain NUL')

/** `https://api.example.com`, `https://*.example.com`, `api.example.com`, `http://example.com:8080`. */
const destination = z
  .string()
  .max(300)
  .regex(
    /^(?:https?:\/\/)?(?:\*\.)?[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*(?::[1-9][0-9]{0,4})?\/?$/i,
    'must be an origin such as https://api.example.com or https://*.example.com',
  )

const path = z.string().min(1).max(1_024)

/** `NAME`, or `ALIAS=NAME` where the function knows the secret by another name. */
const secretBinding = z
  .string()
  .max(257)
  .refine(
    (text) =>
      text.split('=').length <= 2 && text.split('=').every((name) => secretName.safeParse(name).success),
    'must be NAME or ALIAS=NAME',
  )

const limits = z.strictObject({
  timeout_ms: z
    .number()
    .int()
    .min(1)
    .max(FUNCTION_LIMITS.timeoutMs)
    .optional()
    .describe(`How long a run may take; ${FUNCTION_LIMITS.defaultTimeoutMs} where it is left out`),
})

export const visibility = z.enum(['public', 'private'])

const fields = {
  entrypoint: z
    .string()
    .regex(/^[\w./-]{1,200}$/, 'must be <module>.<export>, such as index.handler')
    .describe('<module>.<export>, such as index.handler'),
  bundle_ref: z
    .string()
    .min(1)
    .max(9 * 2 ** 20)
    .describe('data: with the code itself, or bundle://sha256:<hex> of an upload'),
  bundle_digest: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256:<64 hex digits>')
    .optional()
    .describe('Checked against the bundle'),
  run_as: roleName
    .optional()
    .describe('A role of the database; left out: that of the caller, else authenticated'),
  bypass_rls: z.boolean().optional().describe('Run as service_role, past row level security'),
  limits: limits.optional(),
  network_allowlist: z
    .array(destination)
    .max(50)
    .optional()
    .describe('The origins that it may call; left out: none'),
  fs9_scope: z
    .strictObject({ read: z.array(path).max(100).optional(), write: z.array(path).max(100).optional() })
    .optional()
    .describe('Kept for the file system, which does not serve yet'),
  secret_bindings: z.array(secretBinding).max(100).optional(),
  cron_schedule: z.string().min(1).max(200).optional().describe('Five fields of cron, in UTC'),
  visibility: visibility
    .optional()
    .describe('public: publishable keys may call it; private where it is left out'),
}

export const functionName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/,
    'must be 1 to 63 letters, digits, "-" and "_", and begin with a letter or a digit',
  )

export const newFunction = z.strictObject({ name: functionName, ...fields })

export const newVersion = z.strictObject(fields)

export const functionChange = z.strictObject({
  enabled: z.boolean().optional(),
  visibility: visibility.optional(),
})

export const functionInfo = z
  .object({
    id: z.string(),
    name: z.string(),
    enabled: z.boolean(),
    visibility,
    active_version_id: z.string(),
    next_run_at: timestamp.nullable().describe('When its schedule is due; null where it has none'),
    disabled_reason: z.string().nullable().describe('Why the service has disabled it'),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'Function' })

export const functionVersion = z
  .object({
    id: z.string(),
    version: z.number().int(),
    entrypoint: z.string(),
    bundle_ref: z.string(),
    bundle_digest: z.string(),
    run_as: z.string().nullable(),
    bypass_rls: z.boolean(),
    limits: z.object({ timeout_ms: z.number().int() }),
    network_allowlist: z.array(z.string()),
    fs9_scope: z.object({ read: z.array(z.string()), write: z.array(z.string()) }).nullable(),
    secret_bindings: z.array(z.string()),
    cron_schedule: z.string().nullable(),
    created_at: timestamp,
  })
  .meta({ id: 'FunctionVersion' })

export const deployedFunction = z
  .object({ function: functionInfo, version: functionVersion })
  .meta({ id: 'DeployedFunction' })

export const storedBundle = z
  .object({ bundle_ref: z.string(), bundle_digest: z.string(), size_bytes: z.number().int() })
  .meta({ id: 'Bundle' })

export const invocation = z.strictObject({
  input: z.unknown().optional().describe('What the handler gets'),
  idempotency_key: z.string().min(1).max(255).optional(),
})

export const runStatus = z.enum([
  'queued',
  'running',
  'completed',
  'failed',
  'timed_out',
  'cancelled',
  'skipped',
])
export const trigger = z.enum(['invoke', 'cron', 'api'])

export const functionRun = z
  .object({
    id: z.string(),
    function_id: z.string(),
    version_id: z.string(),
    trigger_type: trigger,
    status: runStatus,
    run_as: z.string(),
    attempt: z.number().int(),
    created_at: timestamp,
    started_at: timestamp.nullable(),
    finished_at: timestamp.nullable(),
    duration_ms: z.number().int().nullable(),
    error: z.string().nullable().describe('Why it failed'),
  })
  .meta({ id: 'FunctionRun' })

export const functionRunDetails = functionRun
  .extend({ result_json: z.string().nullable().describe('What it returned, as JSON') })
  .meta({ id: 'FunctionRunDetails' })

export const invoked = z
  .object({
    run_id: z.string(),
    function_id: z.string(),
    version_id: z.string(),
    status: runStatus,
    result_json: z.string().nullable(),
    error: z.string().nullable(),
  })
  .meta({ id: 'Invocation' })

export const runLogs = z.object({ run_id: z.string(), logs: z.string() }).meta({ id: 'FunctionRunLogs' })

export const runsQuery = z.strictObject(page)
