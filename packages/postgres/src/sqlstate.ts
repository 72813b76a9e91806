/** Classes of SQLSTATEs (https://www.postgresql.org/docs/18/errcodes-appendix.html): what an error says beside its text. */

/** Codes that the product reports or looks for by name. */
export const SQLSTATE = {
  protocolViolation: '08P01',
  invalidAuthorization: '28000',
  invalidPassword: '28P01',
  unknownDatabase: '3D000',
  tooManyConnections: '53300',
  diskFull: '53100',
  wrongState: '55000',
  cannotConnectNow: '57P03',
} as const

/** Class 08, "Connection Exception": the connection did not come about, or broke. */
export function isConnectionException(code: string | undefined): boolean {
  return code?.startsWith('08') ?? false
}

/** Class 53, "Insufficient Resources": connections, memory or disk are used up for the moment. */
export function isInsufficientResources(code: string | undefined): boolean {
  return code?.startsWith('53') ?? false
}

/** The server stops (57P01), has crashed (57P02), or starts or recovers (57P03): it answers again soon. */
export function isServerUnavailable(code: string | undefined): boolean {
  return code === '57P01' || code === '57P02' || code === '57P03'
}
