/** What functions may take. Apart from the schemas, for the parts that have no schema library. */
export const FUNCTION_LIMITS = {
  /** Of a database. */
  functions: 100,
  /** Of one function; the oldest one goes for a new one. */
  versions: 20,
  /** Of one bundle as it is stored, and of all bundles of a database. */
  bundleBytes: 10 * 2 ** 20,
  allBundleBytes: 50 * 2 ** 20,
  inputBytes: 1_000_000,
  resultBytes: 1_000_000,
  /** How long a run may take, at most and unless it is set. */
  timeoutMs: 300_000,
  defaultTimeoutMs: 30_000,
  /** Of one run's logs. */
  logLines: 1_000,
  logBytes: 256 * 1024,
  /** Runs that are kept of one function. */
  runs: 1_000,
} as const
