import type { CorpusCase } from './corpus-case.ts'

/** Requests to the schema of `odd-fixtures.ts`, whose tables have no policies. */
export function odd(cases: readonly CorpusCase[]): CorpusCase[] {
  return cases.map((request) => ({
    ...request,
    policy: { exposedSchemas: ['odd'], requireRls: false, ...request.policy },
  }))
}
