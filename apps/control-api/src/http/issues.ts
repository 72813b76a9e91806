/** Says what is wrong with an input. */
import type { ZodError } from 'zod'

type Issue = ZodError['issues'][number]

/** The first fault of an input: the field, as the request wrote it (`rate_limit.rps`, `params.0`), and what is wrong. */
export function describeIssue(error: ZodError): { field: string; problem: string } {
  const issue = error.issues[0]
  if (!issue) return { field: '', problem: 'is not valid' }
  const path = issue.path.map(String)
  if (issue.code === 'unrecognized_keys') {
    return { field: [...path, issue.keys[0] ?? ''].join('.'), problem: 'is not a known field' }
  }
  return { field: path.join('.'), problem: problemOf(issue) }
}

function problemOf(issue: Issue): string {
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined')) return 'is required'
  return issue.message.replace(/^Invalid (input|option): /, '').replace(/^Too (big|small): /, '')
}
