export { createEmbeddedEngine, type EmbeddedEngine, type EmbeddedOptions } from './embedded.ts'
export * from './engine.ts'
export { type MetadataServer, restoreMetadata, startMetadataServer } from './metadata.ts'
export {
  findByTitle,
  isAlive,
  ownIdentity,
  type ProcessEntry,
  type ProcessIdentity,
  readProcess,
} from './processes.ts'
export { makeScramVerifier, SCRAM_VERIFIER } from './scram.ts'
export type { Release } from './servers.ts'
export { archiveLimit, type DatabaseSettings, DEFAULT_SETTINGS } from './settings.ts'
