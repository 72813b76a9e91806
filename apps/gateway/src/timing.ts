/** `Server-Timing` (https://www.w3.org/TR/server-timing/) for whoever asks for it by the header `X-Server-Timing: 1`. */

export const TIMING_REQUEST_HEADER = 'x-server-timing'

/** Steps of a request in the order in which they ended. On Cloudflare the clock stands still between I/O. */
export class Timing {
  readonly #clock: () => number
  readonly #steps: string[] = []
  readonly #startedAt: number
  #last: number

  /** `clock` is in milliseconds. */
  constructor(clock: () => number) {
    this.#clock = clock
    this.#startedAt = clock()
    this.#last = this.#startedAt
  }

  /** What came since the step before, or since the start, was this one. */
  end(step: string): void {
    const now = this.#clock()
    this.#steps.push(`${step};dur=${now - this.#last}`)
    this.#last = now
  }

  /** The header's value, the whole included. */
  toString(): string {
    return [...this.#steps, `total;dur=${this.#clock() - this.#startedAt}`].join(', ')
  }
}

export function withTiming(response: Response, timing: Timing | null): Response {
  if (timing) response.headers.set('server-timing', String(timing))
  return response
}
