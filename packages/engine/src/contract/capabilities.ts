/** What an engine can do. A method behind a capability that an engine lacks rejects with `unsupported`. */

/** Callers answer a request for what is not available with 422 and `reason`. */
export type Capability = { available: true } | { available: false; reason: string }

export interface EngineCapabilities {
  /** `stage` of a database as it is now. */
  branch: Capability
  /** `stage` of a database as it was at a point in time. */
  branchAtTime: Capability
  /** `backup`, `verifyBackup`, `deleteBackup`, and `stage` of a backup. */
  backup: Capability
  /** A database without use is put to sleep, and `suspendAfterSeconds` says when. */
  suspend: Capability
}
