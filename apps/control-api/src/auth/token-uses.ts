/** The requests that run under each token, so that revoking the token ends them. */
export interface TokenUse {
  /** Aborted once the token is revoked. */
  signal: AbortSignal
  end(): void
}

export class TokenUses {
  readonly #uses = new Map<string, Set<AbortController>>()

  begin(tokenId: string): TokenUse {
    const abort = new AbortController()
    const uses = this.#uses.get(tokenId) ?? new Set()
    this.#uses.set(tokenId, uses.add(abort))
    return {
      signal: abort.signal,
      end: () => {
        uses.delete(abort)
        if (uses.size === 0 && this.#uses.get(tokenId) === uses) this.#uses.delete(tokenId)
      },
    }
  }

  revoke(tokenId: string): void {
    for (const abort of this.#uses.get(tokenId) ?? []) abort.abort()
  }
}
