import { ApiError } from '../errors.ts'

/** The status and the text with which a piece of input is refused, or what was accepted. */
export function refusal(work: () => unknown): string {
  try {
    return `accepted: ${JSON.stringify(work())}`
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return `${error.status} ${error.message}`
  }
}
