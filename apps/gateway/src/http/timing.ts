/** `Server-Timing` (https://www.w3.org/TR/server-timing/), for requests with the header `X-Server-Timing: 1`. */

export const TIMING_REQUEST_HEADER = 'x-server-timing'

/** The steps of a request, in the order in which they ended. On Cloudflare the clock advances only with I/O. */
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

  /** Ends a step, which began at the end of the step before, or at the start. */
  end(step: string): void {
    const now = this.#clock()
    this.#steps.push(`${step};dur=${now - this.#last}`)
    this.#last = now
  }

  /** The header's value, with the total. */
  toString(): string {
    return [...this.#steps, `total;dur=${this.#clock() - this.#startedAt}`].join(', ')
  }
}

export function withTiming(response: Response, timing: Timing | null): Response {
  if (timing) response.headers.set('server-timing', String(timing))
  return response
}
