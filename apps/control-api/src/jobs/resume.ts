import type { Services } from '../services.ts'
import { runOperation } from './runner.ts'
import { takeOver } from './store.ts'

/** Operations that are resumed at once; the processors are for callers too. */
const CONCURRENCY = 4

/** Takes over the operations that nobody runs, and runs each to its end. */
export async function resumeOperations(services: Services, { all }: { all: boolean }): Promise<void> {
  const queue = (await takeOver(services, { all })).values()
  const work = async () => {
    for (const operation of queue) {
      const outcome = await runOperation(services, operation)
      const { id, kind, database_id } = operation
      services.log.info(
        { operation_id: id, operation: kind, database_id, outcome: outcome.kind },
        'operation resumed',
      )
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, work))
}
