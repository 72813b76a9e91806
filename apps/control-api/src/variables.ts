/** The configuration table of the control API, which has the engine in its process. */
import { isAbsolute } from 'node:path'
import type { UidRange } from '@db9/engine'
import {
  ADDRESS,
  count,
  FOLDER,
  Malformed,
  oneOf,
  optional,
  origin,
  PG_TLS,
  PORT,
  required,
  SWITCH,
  secret,
  TEXT,
  type ValuesOf,
  type VariableType,
  withDefault,
} from '@db9/process/variables'

/** Uids and gids are 32 bits, of which the highest two have a meaning of their own. */
const MAX_UID = 2 ** 32 - 3

const UID_RANGE: VariableType<UidRange> = {
  label: 'range of user ids',
  wanted: 'the first and the last of a range of unused user ids, 200000-299999',
  parse(text) {
    const [, first = '', last = ''] = /^(\d{1,10})-(\d{1,10})$/.exec(text) ?? []
    const range = { first: Number(first), last: Number(last) }
    if (first !== '' && range.first > 0 && range.first < range.last && range.last <= MAX_UID) return range
    throw new Malformed(`is "${text}"`)
  },
}

const MEGABYTES = count(64, 999_999)
const QUOTA: VariableType<number> = {
  label: 'MB, 64 or more',
  wanted: MEGABYTES.wanted,
  parse: (text) => MEGABYTES.parse(text) * 2 ** 20,
}

const ANONYMOUS_QUOTA: VariableType<number | null> = {
  label: `${QUOTA.label}, or \`none\``,
  wanted: `${QUOTA.wanted}, or to none`,
  parse: (text) => (text === 'none' ? null : QUOTA.parse(text)),
}

/** Empty counts as not set. */
const POSTGRES_FOLDER: VariableType<string> = {
  label: 'folder',
  wanted: 'a folder with bin/postgres',
  parse: FOLDER.parse,
}

const EXTENSION_ROOTS: VariableType<string[]> = {
  label: 'folders',
  wanted: 'absolute folders, separated by colons',
  parse: (text) => {
    const roots = text.split(':').filter((root) => root !== '')
    const relative = roots.find((root) => !isAbsolute(root))
    if (relative !== undefined) throw new Malformed(`has "${relative}"`)
    return roots
  },
}

/** A list; `identity/provider.ts` says what is in it. */
const JSON_LIST: VariableType<unknown[]> = {
  label: 'JSON',
  wanted: '[{"issuer":"https://…","audience":"<client id>","jwks_url":"https://…"}]',
  parse(text) {
    let list: unknown
    try {
      list = JSON.parse(text)
    } catch {
      throw new Malformed('is not JSON')
    }
    if (!Array.isArray(list)) throw new Malformed('is not a list')
    return list
  },
}

/** Where the gateway serves. */
export const GATEWAY_URL = origin('the origin of the gateway, https://db9.example.com')

const DAYS = count(0, 3_650)

export const CONTROL_API_VARIABLES = {
  home: required('DB9_HOME', FOLDER, {
    meaning:
      'folder of the databases, the secrets, the owner’s token and the logs; one control API at a time',
  }),
  internalHost: withDefault('DB9_INTERNAL_HOST', ADDRESS, {
    value: '127.0.0.1',
    meaning: 'address to listen on for the gateway and the data proxy; it speaks plain HTTP',
  }),
  controlPort: withDefault('DB9_CONTROL_PORT', PORT, { value: 9010, meaning: 'port to listen on for them' }),
  dataProxyUrl: required('DB9_DATA_PROXY_URL', origin('the URL of the data proxy, http://127.0.0.1:9011'), {
    meaning:
      'where the data proxy’s `DB9_SQL_PORT` is reached: told before a database sleeps, and when logins end',
  }),
  functionsUrl: optional(
    'DB9_FUNCTIONS_URL',
    origin('the URL of the functions part, http://127.0.0.1:9012'),
    {
      unset: 'none: no functions run',
      meaning: 'where `DB9_FUNCTIONS_PORT` of the functions part is reached',
    },
  ),
  gatewayUrl: required('DB9_GATEWAY_URL', GATEWAY_URL, {
    meaning: 'where the gateway serves: told when a key or a database changes',
  }),
  internalSecret: optional('DB9_INTERNAL_SECRET', secret(32, 'a random text of 32 characters or more'), {
    unset: '`internal` of `DB9_HOME/secrets.toml`, made at the first start',
    meaning: 'signs the calls between the parts; the same for all three',
  }),
  keySecret: optional('DB9_KEY_SECRET', secret(32, 'a random text of 32 characters or more'), {
    unset: '`key` of `DB9_HOME/secrets.toml`, made at the first start',
    meaning: 'key of the MAC in publishable keys; the gateway has the same',
  }),
  pgTls: PG_TLS,
  pgPublicHost: withDefault('DB9_PG_PUBLIC_HOST', TEXT, {
    value: 'localhost',
    meaning: 'the host of connection strings',
  }),
  pgPort: withDefault('DB9_PG_PORT', PORT, {
    value: 5433,
    meaning: 'the port of connection strings: that of the data proxy, or of what is before it',
  }),
  anonymousRegistration: withDefault('DB9_ANONYMOUS_REGISTRATION', SWITCH, {
    value: false,
    shown: '0',
    meaning: 'whether `/customer/anonymous-register` makes accounts',
  }),
  allowLocalJwks: withDefault('DB9_ALLOW_LOCAL_JWKS', SWITCH, {
    value: false,
    shown: '0',
    meaning: 'whether identity providers may have http and loopback JWKS URLs; the same at the gateway',
  }),
  identityProviders: optional('DB9_OIDC_PROVIDERS', JSON_LIST, {
    unset: 'none',
    meaning:
      'OpenID Connect providers whose id_tokens claim anonymous accounts and sign in to them ([docs/operations.md](docs/operations.md#accounts-with-an-identity))',
  }),
  claimedDatabases: withDefault('DB9_CLAIMED_DATABASES', count(1, 100_000), {
    value: 10,
    meaning: 'live databases of an account that was claimed',
  }),
  poolSize: withDefault('DB9_POOL_SIZE', count(0, 1_000), {
    value: 16,
    meaning:
      'databases made ahead, so that a create takes milliseconds; 22 MB of disk each, less where the file system shares blocks',
  }),
  maxRunning: optional('DB9_MAX_RUNNING', count(1, 100_000), {
    unset: 'half of the memory, at 32 MB each',
    meaning: 'databases that run at once; the longest idle one goes to sleep for the next',
  }),
  isolation: withDefault(
    'DB9_ISOLATION',
    oneOf(['auto', 'on', 'off'], '"on" (refuse to start without), "off" (never), or leave it out'),
    {
      value: 'auto',
      shown: 'where it is possible',
      meaning:
        '`on`: no start without a sandbox around each Postgres process; `off`: none, and strangers are let in all the same ([SECURITY.md](SECURITY.md))',
    },
  ),
  uidRange: optional('DB9_UID_RANGE', UID_RANGE, {
    unset: '1900000000-1900099999',
    meaning: 'started as root: the users that databases run as',
  }),
  postgresFolder: optional('DB9_PG_FOLDER', POSTGRES_FOLDER, {
    unset: 'none',
    meaning: 'a folder with PostgreSQL 18 (`bin/postgres`), used where it is newer than the bundle',
  }),
  extensionRoots: optional('DB9_EXTENSIONS', EXTENSION_ROOTS, {
    unset: 'none',
    meaning:
      'folders with pgvector for PostgreSQL 18, separated by colons ([docs/operations.md](docs/operations.md#extensions))',
  }),
  diskQuotaBytes: optional('DB9_DISK_QUOTA_MB', QUOTA, {
    unset: 'none',
    meaning:
      'what a database may take on the disk unless its settings say otherwise; its past may take twice of that',
  }),
  anonymousDiskQuotaBytes: withDefault('DB9_ANONYMOUS_DISK_QUOTA_MB', ANONYMOUS_QUOTA, {
    value: 512 * 2 ** 20,
    shown: '512',
    meaning:
      'that of databases which accounts other than the owner’s make from now on; `none`: as all others',
  }),
  recoveryDays: withDefault('DB9_RECOVERY_DAYS', DAYS, {
    value: 7,
    meaning: 'for how many days a deleted database can be recovered',
  }),
  backups: optional('DB9_BACKUPS', TEXT, {
    unset: 'a folder beside the data',
    meaning:
      'where backups go: a folder, or `s3://bucket/prefix` with credentials from `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`',
  }),
  s3Endpoint: optional('DB9_S3_ENDPOINT', TEXT, {
    unset: 'Amazon’s',
    meaning: 'of the service that has the bucket',
  }),
  s3Region: optional('DB9_S3_REGION', TEXT, { unset: 'us-east-1', meaning: 'of the bucket' }),
  backupRetentionDays: withDefault('DB9_BACKUP_RETENTION_DAYS', DAYS, {
    value: 30,
    meaning: 'for how many days a backup is kept once its database cannot be recovered any more',
  }),
  anonymousAuditDays: withDefault('DB9_ANONYMOUS_AUDIT_DAYS', DAYS, {
    value: 30,
    meaning: 'for how many days the audit log keeps what an account other than the owner’s did',
  }),
  operationRetentionDays: withDefault('DB9_OPERATION_RETENTION_DAYS', count(1, 3_650), {
    value: 30,
    meaning: 'for how many days an operation that has ended can be read',
  }),
  copyMinutes: withDefault('DB9_COPY_MINUTES', count(1, 10_080), {
    value: 60,
    meaning: 'a branch, restore or backup that takes longer is given up and taken back',
  }),
  restoreWindowDays: withDefault('DB9_RESTORE_WINDOW_DAYS', count(1, 365), {
    value: 7,
    meaning: 'every moment of so many days until now can be branched',
  }),
}

export type ControlApiValues = ValuesOf<typeof CONTROL_API_VARIABLES>
