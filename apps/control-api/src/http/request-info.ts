/** What a request brings beside its input. */
export interface RequestInfo {
  id: string
  /** Of the client, as the gateway saw it. */
  address: string
  signal: AbortSignal
  /** Milliseconds since the epoch. */
  now: number
  /** The claim that its Idempotency-Key holds, where it brought one. */
  idempotencyId: string | null
}
