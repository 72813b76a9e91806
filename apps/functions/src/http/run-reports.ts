/** Tells the control API of runs that clients of the data plane have caused: a sample of them, so that a busy function floods no table. */
import type { CallInternal } from '@db9/internal-api/client'
import { type FinishedRun, FUNCTIONS_PATHS } from '@db9/types/functions-part'
import { BoundedMap, type Bucket, takeToken } from '@db9/types/limits'
import type { Logger } from 'pino'

/** Of one function, completed and failed runs apart: so many at once, and one a second after that. */
const RATE = { burst: 20, perHour: 3_600 }
const MOST_FUNCTIONS = 10_000
const MOST_UNDER_WAY = 20

export class RunReports {
  readonly #ask: CallInternal
  readonly #log: Logger
  readonly #buckets = new BoundedMap<Bucket>(MOST_FUNCTIONS)
  #underWay = 0

  constructor(ask: CallInternal, log: Logger) {
    this.#ask = ask
    this.#log = log
  }

  send(run: FinishedRun): void {
    const name = `${run.function_id} ${run.status === 'completed'}`
    const { bucket, waitMs } = takeToken(this.#buckets.get(name), RATE, Date.now())
    this.#buckets.set(name, bucket)
    if (waitMs > 0 || this.#underWay >= MOST_UNDER_WAY) return
    this.#underWay++
    this.#ask({ method: 'POST', path: FUNCTIONS_PATHS.runs, body: JSON.stringify(run) })
      .then((reply) => reply.body?.cancel())
      .catch((error: unknown) => this.#log.warn({ err: error, run_id: run.run_id }, 'a run is not kept'))
      .finally(() => {
        this.#underWay--
      })
  }
}
