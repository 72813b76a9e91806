/** The contract of every engine: databases as running Postgres, behind five small interfaces and a table of capabilities. */
import type { DatabaseBackups } from './contract/backups.ts'
import type { EngineCapabilities } from './contract/capabilities.ts'
import type { Connect } from './contract/connect.ts'
import type { Copies } from './contract/copies.ts'
import type { Inventory } from './contract/inventory.ts'
import type { Lifecycle } from './contract/lifecycle.ts'

/**
 * Every method may be repeated after a crash at any point with the same result: `create` of a half-made database finishes
 * it, `destroy` of an absent one does nothing. Errors are `EngineError`s with a code and a message fit for a user; a method
 * behind a capability that the engine lacks rejects with `unsupported`. `testing/conformance.ts` tests an engine by this.
 */
export interface DatabaseEngine extends Lifecycle, Connect, Copies, DatabaseBackups, Inventory {
  readonly capabilities: EngineCapabilities
}
