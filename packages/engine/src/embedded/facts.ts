/** What the owner of the installation should know of its PostgreSQL, and of what keeps databases apart. */
import type { EngineFacts } from '../contract/inventory.ts'
import type { Placement } from './cluster/placement.ts'
import { flawsOf, NEWEST_KNOWN } from './cluster/postgres-flaws.ts'

export function describeEngine({
  postgres,
  passedOver,
  isolation,
  users,
}: Pick<Placement, 'postgres' | 'passedOver' | 'isolation' | 'users'>): EngineFacts {
  const flaws = flawsOf(postgres.minor).map(({ fixedIn, ...flaw }) => ({ ...flaw, fixedIn: `18.${fixedIn}` }))
  return {
    postgres: {
      version: postgres.version,
      folder: postgres.folder,
      newestKnown: NEWEST_KNOWN,
      flaws,
      passedOver,
    },
    isolation: isolation.state === 'on' ? { state: 'on', by: isolation.by } : isolation,
    osUids: users?.range ?? null,
  }
}
