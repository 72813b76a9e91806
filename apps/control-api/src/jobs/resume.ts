/** Takes over the jobs that have no runner, and runs each to its end. */
import { type JobDeps, runJob } from './runner.ts'
import { takeOver } from './store.ts'

/** Jobs that are resumed at once; callers need the processors too. */
const CONCURRENCY = 4

/** `all`: also jobs whose lease still holds, for the start. Resolves when each has ended or waits for its next try. */
export async function resumeJobs(deps: JobDeps, { all }: { all: boolean }): Promise<void> {
  const { db, runId, clock } = deps
  const running = [...deps.running.keys()]
  const queue = (await takeOver(db, { runId, running, all, now: clock() })).values()
  const work = async () => {
    for (const job of queue) {
      const outcome = await runJob(deps, job)
      const { id, kind, database_id } = job
      deps.log.info({ operation_id: id, operation: kind, database_id, outcome: outcome.kind }, 'job resumed')
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, work))
}
