/** The services of the data plane. A new one is a row here, and is taken out of `MISSING` in `unknown.ts`. */
import type { DataService } from '../pipeline/service.ts'
import { functions } from './functions.ts'
import { rest } from './rest.ts'
import type { ServiceTable } from './router.ts'

export const SERVICES: ServiceTable<DataService> = [
  ['/rest/v1', rest],
  ['/functions/v1', functions],
]
