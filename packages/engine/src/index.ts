export { createEmbeddedEngine, type EmbeddedEngine, type EmbeddedOptions } from './embedded.ts'
export * from './engine.ts'
export * from './errors.ts'
export type { Share } from './life/fleet.ts'
export { loginsIn, type ServerLogins } from './logins.ts'
export { type MetadataServer, restoreMetadata, startMetadataServer } from './metadata.ts'
export { readFileEnd } from './output-tail.ts'
export type { PlacementOptions } from './placement.ts'
export {
  childInNamespace,
  findByTitle,
  isAlive,
  ownIdentity,
  type ProcessEntry,
  type ProcessIdentity,
  readProcess,
} from './processes.ts'
export type { IsolationSetting } from './sandbox/probe.ts'
export type { Release, SharesOf } from './servers.ts'
export { archiveLimit, type DatabaseSettings, DEFAULT_SETTINGS } from './settings.ts'
export type { UidRange } from './users.ts'
