/** The configuration table of the data proxy. */
import {
  ADDRESS,
  count,
  FOLDER,
  INTERNAL_SECRET,
  optional,
  origin,
  PG_TLS,
  PORT,
  required,
  TEXT,
  type ValuesOf,
  withDefault,
} from '@db9/process/variables'

export const DATA_PROXY_VARIABLES = {
  home: required('DB9_HOME', FOLDER, {
    meaning: 'folder of its logs; not that of another part',
  }),
  host: withDefault('DB9_HOST', ADDRESS, {
    value: '127.0.0.1',
    meaning: 'address to listen on for clients of the Postgres wire protocol',
  }),
  pgPort: withDefault('DB9_PG_PORT', PORT, { value: 5433, meaning: 'Postgres wire protocol' }),
  internalHost: withDefault('DB9_INTERNAL_HOST', ADDRESS, {
    value: '127.0.0.1',
    meaning: 'address to listen on for the gateway and the control API; it speaks plain HTTP',
  }),
  sqlPort: withDefault('DB9_SQL_PORT', PORT, {
    value: 9011,
    meaning: 'port to listen on for them, and for SQL over HTTP (`/sql`)',
  }),
  controlUrl: required('DB9_CONTROL_URL', origin('the URL of the control API, http://127.0.0.1:9010'), {
    meaning: 'where the control API’s `DB9_CONTROL_PORT` is reached: it wakes databases',
  }),
  internalSecret: INTERNAL_SECRET,
  pgTls: PG_TLS,
  pgTlsCert: optional('DB9_PG_TLS_CERT', TEXT, {
    unset: 'one is made and kept in `DB9_HOME`, which no authority vouches for',
    meaning:
      'file of the certificate (PEM, with its chain) of the Postgres port; a renewed one counts within a minute',
  }),
  pgTlsKey: optional('DB9_PG_TLS_KEY', TEXT, {
    unset: 'with the certificate that is made',
    meaning: 'file of its key (PEM)',
  }),
  connectionsPerClient: withDefault('DB9_CONNECTIONS_PER_CLIENT', count(10, 999_999), {
    value: 2_000,
    meaning: 'connections to the Postgres port that one address (IPv6: one /64) may have',
  }),
}

export type DataProxyValues = ValuesOf<typeof DATA_PROXY_VARIABLES>
