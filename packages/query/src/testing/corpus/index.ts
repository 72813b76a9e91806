import { AGGREGATES } from './aggregates.ts'
import type { CorpusCase } from './corpus-case.ts'
import { EMBEDDING } from './embedding.ts'
import { EXPOSURE } from './exposure.ts'
import { FILTERS } from './filters.ts'
import { FUNCTIONS } from './functions.ts'
import { HANDLERS } from './handlers.ts'
import { MEDIA } from './media.ts'
import { NAMES } from './names.ts'
import { ODD_FUNCTIONS } from './odd-functions.ts'
import { ODD_WRITES } from './odd-writes.ts'
import { PAGING } from './paging.ts'
import { REFUSALS } from './refusals.ts'
import { RELATIONS } from './relations.ts'
import { REPORTS } from './reports.ts'
import { SAFETY } from './safety.ts'
import { SELECT } from './select.ts'
import { TYPES } from './types.ts'
import { WRITES } from './writes.ts'

/** By topic, as the files of this folder. */
export const CORPUS: Readonly<Record<string, readonly CorpusCase[]>> = {
  select: SELECT,
  filters: FILTERS,
  paging: PAGING,
  media: MEDIA,
  handlers: HANDLERS,
  embedding: EMBEDDING,
  aggregates: AGGREGATES,
  writes: WRITES,
  functions: FUNCTIONS,
  exposure: EXPOSURE,
  safety: SAFETY,
  refusals: REFUSALS,
  names: NAMES,
  types: TYPES,
  relations: RELATIONS,
  'odd-writes': ODD_WRITES,
  'odd-functions': ODD_FUNCTIONS,
  reports: REPORTS,
}
