/** The client of one request: whether it still waits, and what to do when it no longer does. */
export interface ClientHandle {
  isGone: boolean
  onGone: (() => void) | null
}
