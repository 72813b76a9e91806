/** The engine that this package has, the contract that every engine keeps, and helpers for processes of the machine. */

export type * from './contract/backups.ts'
export type * from './contract/capabilities.ts'
export type * from './contract/connect.ts'
export type * from './contract/copies.ts'
export type * from './contract/inventory.ts'
export type * from './contract/lifecycle.ts'
export type { PlacementOptions } from './embedded/cluster/placement.ts'
export type { UidRange } from './embedded/cluster/users.ts'
export { createEmbeddedEngine, type EmbeddedOptions } from './embedded/create.ts'
export type { EmbeddedEngine } from './embedded/embedded-engine.ts'
export { type MetadataServer, restoreMetadata, startMetadataServer } from './embedded/metadata-server.ts'
export { readFileEnd } from './embedded/process/output-tail.ts'
export {
  childInNamespace,
  findByTitle,
  isAlive,
  ownIdentity,
  type ProcessEntry,
  type ProcessIdentity,
  readProcess,
} from './embedded/process/processes.ts'
export type { Release, SharesOf } from './embedded/process/server-run.ts'
export type { IsolationSetting } from './embedded/sandbox/probe.ts'
export type { Share } from './embedded/scheduling/policy.ts'
export { loginsIn, type ServerLogins } from './embedded/sql/logins.ts'
export type { DatabaseEngine } from './engine.ts'
export * from './errors.ts'
export { type DatabaseSettings, DEFAULT_SETTINGS } from './settings.ts'
