/** Tells where in a text of several lines or statements one has failed. */
import { splitStatements } from './split-statements.ts'

/** Where Postgres says that a statement failed. */
export interface Failure {
  /** In characters from 1; undefined where the error is about no place in the text. */
  position: number | undefined
  /** How many statements of the text were done before; undefined where that is not known. */
  completed: number | undefined
}

export interface Place {
  /** Both from 1. Left out where there is only one, or it is not known. */
  line?: number
  statement?: number
}

/** Without a position, the line is the first of the statement. */
export function placeOf(text: string, { position, completed }: Failure): Place {
  const statements = splitStatements(text)
  const offset =
    position === undefined
      ? null
      : [...text].slice(0, position - 1).reduce((sum, { length }) => sum + length, 0)
  // Postgres parses the whole text before it runs the first statement, so that a place in it says more than what was done.
  const index =
    offset === null ? completed : Math.max(0, statements.filter((each) => each.offset <= offset).length - 1)
  const at = offset ?? startOf(text, statements[index ?? -1]?.offset)
  return {
    ...(at !== undefined && text.includes('\n') && { line: text.slice(0, at).split('\n').length }),
    ...(index !== undefined && statements.length > 1 && { statement: index + 1 }),
  }
}

/** Blanks and comments before a statement are no part of it. */
const BEFORE = /(?:\s+|--[^\n]*|\/\*[\s\S]*?\*\/)*/y

function startOf(text: string, offset: number | undefined): number | undefined {
  if (offset === undefined) return undefined
  BEFORE.lastIndex = offset
  BEFORE.test(text)
  return BEFORE.lastIndex
}
