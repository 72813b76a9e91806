/** What the service `/rest/v1` needs of the isolate to plan and run a request, bound to that request. */
import type { Executor } from '../executor/executor.ts'
import type { DataRequest } from '../pipeline/incoming.ts'
import type { CatalogDeps } from './catalog.ts'
import type { LargeBodies } from './large-bodies.ts'

export interface RestDeps {
  catalog: CatalogDeps
  executor: Executor
  largeBodies: LargeBodies
  requestId: string
  /** Lets work go on after the reply. */
  waitUntil(work: Promise<unknown>): void
}

export function restDeps({ isolate, ctx, requestId }: DataRequest): RestDeps {
  const { executor, largeBodies, catalogs } = isolate
  const waitUntil = (work: Promise<unknown>) => ctx.waitUntil(work)
  return {
    catalog: { entries: catalogs, executor, requestId, now: Date.now, waitUntil },
    executor,
    largeBodies,
    requestId,
    waitUntil,
  }
}
