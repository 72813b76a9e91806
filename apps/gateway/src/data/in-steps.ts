/** Work that takes long, done in steps between which the isolate serves others. */

/** Of a description, a step is a table: so many take a few milliseconds. */
const STEPS_AT_ONCE = 10

/** What the steps give in the end. */
export async function inSteps<T>(steps: Generator<undefined, T>): Promise<T> {
  for (let done = 1; ; done++) {
    const step = steps.next()
    if (step.done) return step.value
    if (done % STEPS_AT_ONCE === 0) await new Promise((resolve) => setTimeout(resolve, 0))
  }
}
