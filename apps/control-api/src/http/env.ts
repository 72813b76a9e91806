/** What middleware leaves for handlers. */
export interface AppEnv {
  Variables: {
    request: {
      id: string
      /** Of the client, as the gateway saw it. */
      address: string
      /** Milliseconds since the epoch. */
      now: number
    }
    /** For the log. */
    customerId: string | null
    /** For the log: of the database that the caller was let to. */
    databaseId: string | undefined
  }
}
