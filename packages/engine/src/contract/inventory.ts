/** What an engine has, and how it is brought into agreement with what the metadata says it should have. */

/** What the metadata says is there. The engine removes all else that it finds. */
export interface KnownData {
  live: Set<string>
  /** Deleted, and recoverable. */
  retained: Set<string>
  /** Being copied by an operation that goes on. */
  staged: Set<string>
  backups: Set<string>
  /** Users of the machine that own the files of databases, as `osUid` told them. */
  osUids: Set<number>
}

/** A folder, by its name, that could not be taken over, set aside or removed, and why. */
export interface FailedFolder {
  name: string
  error: unknown
}

export interface ReconcileReport {
  /** Ids whose server survived a crash of ours and was taken over. */
  adopted: string[]
  /** Ids that the metadata does not know: their server was ended, their folder set aside to be removed in the background. */
  removed: string[]
  /** Ids in `live` that have no data: a create that never finished, or a loss to report. */
  missing: string[]
  /** Folders that could not be taken over or set aside; the next start tries again. */
  failed: FailedFolder[]
  /** Resolves when nothing is left to be removed, with what could not be; the next start tries again. Never rejects. */
  cleared: Promise<FailedFolder[]>
}

/** What the engine has. */
export interface EngineInventory {
  /** Ids with data that is served. */
  databases: string[]
  /** Ids whose server runs. */
  running: string[]
  /** Ids that are deleted and recoverable. */
  softDeleted: string[]
  /** Ids of copies that are not in their place yet. */
  staged: string[]
  /** Ids of the store's whole backups. */
  backups: string[]
  /** Names of what a crash left or could not be removed. The next `reconcile` tries it. What is being removed now is left out. */
  leftovers: string[]
  /** Databases of whose past nothing new is kept, and since when. */
  archiveFailures: { id: string; since: Date }[]
}

/** What runs the databases, and how they are kept apart. */
export interface EngineFacts {
  postgres: {
    /** `18.4`. */
    version: string
    folder: string
    /** The newest release that this version of db9 knows of. */
    newestKnown: { version: string; date: string }
    /** Published flaws of this release. */
    flaws: readonly { cve: string; fixedIn: string; summary: string; usableBy: string }[]
    /** Other installations that were found and are not used, and why. */
    passedOver: readonly { folder: string; reason: string }[]
  }
  isolation: { state: 'on'; by: 'root' | 'user' } | { state: 'off'; reason: string }
  /** The users of the machine that databases have, both ends included; null where all databases run as one user. */
  osUids: { first: number; last: number } | null
}

/** An extension that owners may create in their databases. */
export interface ExtensionFacts {
  name: string
  version: string | null
  comment: string | null
  /** Of PostgreSQL, one that the operator has added, one of db9's own, or one of those that does nothing yet. */
  source: 'postgres' | 'added' | 'db9' | 'stub'
}

/** The volume that databases lie on. */
export interface Volume {
  freeBytes: number
  /** With less free than this, only their owners may connect to databases. */
  reserveBytes: number
}

export interface Inventory {
  /** Makes what survived a crash agree with what is known. Called once before anything else. */
  reconcile(known: KnownData): Promise<ReconcileReport>
  /** Wakes and changes nothing. */
  inspect(): Promise<EngineInventory>
  facts(): EngineFacts
  extensions(): ExtensionFacts[]
  volume(): Promise<Volume>
  /** What a database takes of the disk, its past left out; null where that cannot be told. Wakes nothing. */
  storageBytes(id: string): Promise<number | null>
  /** The user of the machine that owns the files of a database, a deleted one included; null where it has none of its own. */
  osUid(id: string): number | null
}
