/** The fields of an error that Postgres reported, as drivers name them. */
export interface PostgresFields {
  code?: string | undefined
  message: string
  detail?: string | null | undefined
  hint?: string | null | undefined
  /** The stack of functions that the error came from; empty where the statement itself is wrong. */
  where?: string | null | undefined
  /** What the error is about, where it is about one thing. */
  schema?: string | null | undefined
  table?: string | null | undefined
  column?: string | null | undefined
  dataType?: string | null | undefined
  constraint?: string | null | undefined
}
