/** What a start says of the Postgres that runs the databases, and whom it lets in. */
import type { EngineFacts, IsolationSetting } from '@db9/engine'
import { StartError } from '@db9/process/start-error'

/** What is asked for. */
export interface Admission {
  isolation: IsolationSetting
  anonymousRegistration: boolean
  /** Whether that was set, and does not only follow from where the stack listens. */
  isRegistrationSet: boolean
  /** What says that others than this machine reach the databases, `DB9_HOST is 0.0.0.0`; null: none do. */
  reachedBy: string | null
  /** Told in words what a person should know. */
  onProgress: (text: string) => void
}

/**
 * Strangers may have databases only where a database's process reaches nothing else, or where the operator has said that
 * they may. Says in words what is missing. Throws a `StartError` where the configuration asks for what is refused.
 */
export function admitStrangers(
  config: Admission,
  { postgres, isolation }: EngineFacts,
): { anonymousRegistration: boolean; signUps: boolean } {
  const { version, newestKnown, flaws } = postgres
  if (flaws.length > 0) {
    config.onProgress(
      `PostgreSQL ${version} has ${flaws.length} published flaws that ${newestKnown.version} has not; "pnpm run doctor" names them`,
    )
  }
  const { anonymousRegistration } = config
  if (isolation.state === 'on') return { anonymousRegistration, signUps: true }
  config.onProgress(`databases are not isolated from each other: ${isolation.reason}`)
  if (config.isolation === 'off') return { anonymousRegistration, signUps: true }
  const how = 'Set DB9_ISOLATION=off to run without isolation all the same.'
  if (config.reachedBy !== null) {
    throw new StartError(
      `${config.reachedBy}, but databases cannot be isolated here: ${isolation.reason}. ${how}`,
    )
  }
  if (anonymousRegistration && config.isRegistrationSet) {
    throw new StartError(
      `DB9_ANONYMOUS_REGISTRATION is on, but databases cannot be isolated here: ${isolation.reason}. ${how}`,
    )
  }
  config.onProgress('anonymous registration is off, since databases are not isolated')
  return { anonymousRegistration: false, signUps: false }
}
