/** What the control API asks of the functions part. */
import type { CheckReply, CodeSpec, RunReply, RunRequest } from '@db9/types/functions-part'
import { FUNCTIONS_PATHS } from '@db9/types/functions-part'
import { ApiError } from '../errors.ts'
import { callPart, type PartAddress } from '../parts/call-part.ts'

export interface FunctionCalls {
  /** Whether there is a functions part. */
  isThere(): boolean
  /** Loads a version once; what the runtime says where it does not load, else null. */
  check(code: CodeSpec): Promise<string | null>
  /** Runs a version. Rejects with an `ApiError` where nothing was run. */
  run(request: RunRequest, signal: AbortSignal): Promise<RunReply>
  /** False where no such run is under way. */
  cancel(runId: string): Promise<boolean>
}

/** The longest run, and what comes before it: its place in the queue, and the start of a runtime. */
const FUNCTIONS_TIMEOUT_MS = 340_000

/** `origin` is where the functions part is reached; undefined while it does not run yet, or where there is none. */
export function functionCalls(address: Omit<PartAddress, 'timeoutMs'>): FunctionCalls {
  const call = callPart({ ...address, timeoutMs: FUNCTIONS_TIMEOUT_MS })
  const ask = async <T>(path: string, body: object, signal?: AbortSignal): Promise<T> => {
    const reply = await call(path, body, signal).catch((cause: unknown) => {
      throw new ApiError('unavailable', 'functions cannot be reached now', { retryAfter: 2, cause })
    })
    if (reply === null) throw new ApiError('unavailable', 'functions do not run in this installation')
    const answer = (await reply.json().catch(() => ({}))) as T & { message?: string | null }
    if (reply.status === 200) return answer
    const message = answer.message ?? 'functions cannot be reached now'
    if (reply.status === 429) throw new ApiError('rate_limited', message, { retryAfter: 1 })
    throw new ApiError('unavailable', message, { retryAfter: 2 })
  }
  return {
    isThere: () => address.origin() !== undefined,
    check: async (code) => (await ask<CheckReply>(FUNCTIONS_PATHS.check, code)).message,
    run: (request, signal) => ask<RunReply>(FUNCTIONS_PATHS.run, request, signal),
    cancel: async (runId) => {
      const reply = await call(FUNCTIONS_PATHS.cancel(runId), {}).catch(() => null)
      await reply?.body?.cancel()
      return reply?.status === 200
    },
  }
}
