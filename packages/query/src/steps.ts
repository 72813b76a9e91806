/** Long work in steps, between which the caller may serve others. */

/** Does all steps one after the other. */
export function atOnce<T>(steps: Generator<undefined, T>): T {
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
  }
}
