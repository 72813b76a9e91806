/** What the main statement and the readers of its row agree on. */

/** Errors that the main statement raises on purpose, by the SQLSTATE that carries their meaning. */
export const GUARD = {
  staleCatalog: 'DB001',
  singular: 'DB002',
  maxAffected: 'DB003',
  putMismatch: 'DB004',
  responseTooLarge: 'DB005',
  responseHeaders: 'DB006',
  responseStatus: 'DB007',
  valueTooLarge: 'DB008',
} as const

/** Columns of the main statement's row. */
export const ROW = {
  total: 0,
  page: 1,
  body: 2,
  location: 3,
  /** Of the description of a schema, in the place of `location`. */
  description: 3,
  merged: 4,
  headers: 5,
  status: 6,
} as const
