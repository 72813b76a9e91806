/** How much a copy may take, measured by its source. */
import { EngineError } from '../../errors.ts'

/** Of what is small anyway nothing is measured. */
export const SLACK_BYTES = 64 * 2 ** 20
/** A source that serves may drop what was copied and write as much again. */
const MOST_TIMES = 2

/** How much a copy of files that take so many bytes may take. */
export function mostOfCopy(sourceBytes: number): number {
  return MOST_TIMES * sourceBytes + SLACK_BYTES
}

export const multiplied = () =>
  new EngineError('corrupt', 'the database has files that take more of the disk when they are copied')
