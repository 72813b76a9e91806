/** The folder of an installation: held by one process, with the secrets in it. */
import type { Closers } from '@db9/process/closers'
import { holdHome } from '@db9/process/home'
import { type GivenSecrets, type InstallSecrets, loadSecrets } from './secrets.ts'

export interface OpenHome {
  path: string
  secrets: InstallSecrets
  /** Writes down where the installation serves. */
  announce(url: string): void
}

/** Makes the folder where there is none. Throws a `StartError` where another process holds it. */
export function openHome(path: string, closers: Closers, given: GivenSecrets = {}): OpenHome {
  const { announce } = holdHome(path, closers)
  return { path, secrets: loadSecrets(path, given), announce }
}
