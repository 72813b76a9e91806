/** The services of the data plane. A new one is a row here; `/functions/v1`, `/storage/v1`, `/auth/v1` and `/realtime/v1` are free. */
import type { DataService } from '../pipeline/service.ts'
import { rest } from './rest.ts'
import type { ServiceTable } from './router.ts'

export const SERVICES: ServiceTable<DataService> = [['/rest/v1', rest]]
