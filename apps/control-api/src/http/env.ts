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
    /** For the log: the database of the path, once the caller may use it. */
    databaseId: string | undefined
  }
}
