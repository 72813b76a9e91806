/** Threads of one piece of work each, which can be ended at any moment. */
import { Worker } from 'node:worker_threads'

export interface ThreadOptions {
  memoryMb: number
  limitMs: number
  signal: AbortSignal
}

export class Threads {
  readonly #running = new Set<Worker>()

  /** The first message of a thread that runs `module` over `data`; null where it ended without one. It is ended then, and at the limit. */
  async run<T>(module: URL, data: unknown, { memoryMb, limitMs, signal }: ThreadOptions): Promise<T | null> {
    const worker = new Worker(module, {
      workerData: data,
      resourceLimits: { maxOldGenerationSizeMb: memoryMb },
      // What it writes is told by its outcome.
      stdout: true,
      stderr: true,
    })
    this.#running.add(worker)
    const end = () => void worker.terminate()
    const timer = setTimeout(end, limitMs)
    signal.addEventListener('abort', end, { once: true })
    if (signal.aborted) end()
    try {
      return await messageOf<T>(worker)
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      this.#running.delete(worker)
      end()
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#running].map((worker) => worker.terminate()))
  }
}

function messageOf<T>(worker: Worker): Promise<T | null> {
  return new Promise((resolve) => {
    worker.once('message', (message: T) => resolve(message))
    worker.once('error', () => resolve(null))
    worker.once('exit', () => resolve(null))
  })
}
