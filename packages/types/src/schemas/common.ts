/** Schemas that several resources share. */
import * as z from 'zod'
import { API_ERROR_STATUS } from '../errors.ts'

/** RFC 3339 in UTC with milliseconds, as `Date.prototype.toISOString` writes it. */
export const timestamp = z.iso.datetime()

/** One line of text for people: no control characters (Postgres stores no NUL), not blank. */
export const label = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must not contain control characters')

/** The longest page of a list, and the usual one. */
export const MOST_LISTED = 1_000
/** Of lists. Their replies name the next page in `Link`, where there is one. */
export const page = {
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(MOST_LISTED)
    .optional()
    .describe('How many; where there are more, the header Link holds the address of the next page'),
  cursor: z.string().min(1).max(64).optional().describe('From Link: what comes after the page before'),
}

export const message = z.object({ message: z.string() })

/** Of a reply without a body, 204. */
export const noContent = z.null()

export const errorReply = z
  .object({
    message: z.string().describe('What went wrong, for people'),
    code: z
      .string()
      .optional()
      .describe(`For programs: ${Object.keys(API_ERROR_STATUS).join(', ')}; a failing statement's SQLSTATE`),
    request_id: z.string().optional(),
    existing_id: z.string().optional().describe('With name_taken: the database that has the name'),
    state: z.string().optional().describe('With database_not_active: the state it is in'),
    operation_id: z.string().optional().describe('With operation_in_progress: what is running'),
    earliest_restorable: z
      .string()
      .optional()
      .describe('With a moment before the window: where the window begins'),
    position: z.number().int().optional().describe('Of a failing statement: where, in characters from 1'),
    line: z.number().int().optional().describe('The line of `position`, from 1, where there are several'),
    statement: z.number().int().optional().describe('Which of several statements has failed, from 1'),
    schema: z.string().optional().describe('Of a failing statement: what the error is about'),
    table: z.string().optional(),
    column: z.string().optional(),
    constraint: z.string().optional(),
    detail: z.string().optional(),
    hint: z.string().optional(),
  })
  .meta({ id: 'Error' })
