/** The routes for the operator of an installation. */
import { bind } from '../http/bind.ts'
import { type CheckDeps, checkInstallation } from './self-check.ts'
import { type FactsDeps, getServer } from './server-facts.ts'

export function maintenanceHandlers(deps: CheckDeps & FactsDeps) {
  return bind(deps, { checkInstallation, getServer })
}
