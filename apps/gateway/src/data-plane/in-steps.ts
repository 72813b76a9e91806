/** Does long work in steps, so that the isolate serves other requests in between. */

/** How many steps run at once. A step of a description is a table, and this many take a few milliseconds. */
const STEPS_AT_ONCE = 10

/** The result of the last step. */
export async function inSteps<T>(steps: Generator<undefined, T>): Promise<T> {
  for (let done = 1; ; done++) {
    const step = steps.next()
    if (step.done) return step.value
    if (done % STEPS_AT_ONCE === 0) await new Promise((resolve) => setTimeout(resolve, 0))
  }
}
