/** All routes of the REST API. */
import type { Route } from '../contract.ts'
import * as accounts from './accounts.ts'
import * as backups from './backups.ts'
import * as connect from './connect.ts'
import * as contents from './contents.ts'
import * as dataPlane from './data-plane.ts'
import * as databases from './databases.ts'
import * as functions from './functions.ts'
import * as operations from './operations.ts'

/** Every operation of the REST API, by its operationId. */
export const ROUTES = {
  ...accounts,
  ...databases,
  ...backups,
  ...operations,
  ...contents,
  ...connect,
  ...dataPlane,
  ...functions,
}

export const ALL_ROUTES: readonly Route[] = Object.values(ROUTES)
