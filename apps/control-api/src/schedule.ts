/** Work that is repeated: the timers of this API. */
import type { Logger } from 'pino'

export interface Task {
  /** For the log, where a pass fails. */
  name: string
  everyMs: number
  run(): Promise<unknown>
}

/** Runs one pass at a time, over all tasks. A task whose last pass still waits or runs is not begun again. */
export class Schedule {
  readonly #log: Logger
  #timers: NodeJS.Timeout[] = []
  #turn: Promise<void> = Promise.resolve()

  constructor(log: Logger) {
    this.#log = log
  }

  /** Starts the timers; does nothing where they have been started. */
  start(tasks: Task[]): void {
    if (this.#timers.length === 0) this.#timers = tasks.map((task) => this.#repeat(task))
  }

  /** Stops the timers. `settled` waits for the pass that runs. */
  stop(): void {
    for (const timer of this.#timers) clearInterval(timer)
    this.#timers = []
  }

  settled(): Promise<void> {
    return this.#turn
  }

  #repeat(task: Task): NodeJS.Timeout {
    let isPending = false
    const begin = () => {
      if (isPending) return
      isPending = true
      this.#turn = this.#turn.then(async () => {
        await this.#run(task)
        isPending = false
      })
    }
    return setInterval(begin, task.everyMs).unref()
  }

  async #run({ name, run }: Task): Promise<void> {
    try {
      await run()
    } catch (error) {
      this.#log.error({ err: error }, `${name} failed`)
    }
  }
}
