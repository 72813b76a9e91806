/** The requests that run in this process under each token, so that revoking the token ends them. */
import { ApiError } from '../errors.ts'

interface TokenUse {
  /** Aborted once the token is revoked. */
  signal: AbortSignal
  end(): void
}

export class TokenUses {
  readonly #uses = new Map<string, Set<AbortController>>()

  #begin(tokenId: string): TokenUse {
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

  /** Does work that ends when its token is revoked, with 401, or when the client goes. */
  async whileValid<T>(
    { tokenId }: { tokenId: string },
    request: { signal: AbortSignal },
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const use = this.#begin(tokenId)
    try {
      return await work(AbortSignal.any([request.signal, use.signal]))
    } catch (error) {
      if (use.signal.aborted) throw new ApiError('unauthorized', 'the token was revoked', { cause: error })
      throw error
    } finally {
      use.end()
    }
  }

  revoke(tokenId: string): void {
    for (const abort of this.#uses.get(tokenId) ?? []) abort.abort()
  }
}
