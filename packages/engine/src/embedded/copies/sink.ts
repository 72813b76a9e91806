/** Takes what a copy consists of, in this order. */
export interface CopySink {
  /** The data directory without its WAL; files may change and vanish meanwhile. */
  data(from: string): Promise<void>
  /** Of the `pg_wal` of a data directory. */
  wal(data: string, names: string[]): Promise<void>
  /** The `backup_label`, where the source runs. */
  label(text: string): Promise<void>
  /** Forgets what it has taken, since the copy begins anew. */
  discard(): Promise<void>
}
