/** The configuration table of the whole product on one machine: rows of the parts, less what they are told here by itself. */
import { CONTROL_API_VARIABLES as CONTROL_API, GATEWAY_URL } from '@db9/control-api/variables'
import { DATA_PROXY_VARIABLES as DATA_PROXY } from '@db9/data-proxy/variables'
import { GATEWAY_VARIABLES as GATEWAY } from '@db9/gateway/launch/variables'
import { ADDRESS, FOLDER, optional, SWITCH, TEXT, type ValuesOf, withDefault } from '@db9/process/variables'

/** What of the gateway and the control API is alike, but follows from DB9_HOST here. */
const BY_HOST = '1 on loopback'

export const LOCAL_VARIABLES = {
  home: optional('DB9_HOME', FOLDER, {
    unset: '`.db9` in the checkout',
    meaning: 'data folder; one stack at a time',
  }),
  port: GATEWAY.port,
  pgPort: DATA_PROXY.pgPort,
  pgTls: DATA_PROXY.pgTls,
  pgTlsCert: DATA_PROXY.pgTlsCert,
  pgTlsKey: DATA_PROXY.pgTlsKey,
  host: withDefault('DB9_HOST', ADDRESS, {
    value: '127.0.0.1',
    meaning:
      'address to listen on; anything but loopback switches `DB9_ANONYMOUS_REGISTRATION` and `DB9_ALLOW_LOCAL_JWKS` off',
  }),
  anonymousRegistration: optional(CONTROL_API.anonymousRegistration.name, SWITCH, {
    unset: BY_HOST,
    meaning: CONTROL_API.anonymousRegistration.meaning,
  }),
  allowLocalJwks: optional('DB9_ALLOW_LOCAL_JWKS', SWITCH, {
    unset: BY_HOST,
    meaning: 'whether identity providers may have http and loopback JWKS URLs',
  }),
  identityProviders: CONTROL_API.identityProviders,
  claimedDatabases: CONTROL_API.claimedDatabases,
  jwksCertificates: GATEWAY.jwksCertificates,
  trustedProxies: GATEWAY.trustedProxies,
  poolSize: CONTROL_API.poolSize,
  allowedHosts: GATEWAY.allowedHosts,
  isolation: CONTROL_API.isolation,
  uidRange: CONTROL_API.uidRange,
  postgresFolder: CONTROL_API.postgresFolder,
  extensionRoots: CONTROL_API.extensionRoots,
  diskQuotaBytes: CONTROL_API.diskQuotaBytes,
  anonymousDiskQuotaBytes: CONTROL_API.anonymousDiskQuotaBytes,
  recoveryDays: CONTROL_API.recoveryDays,
  backups: CONTROL_API.backups,
  s3Endpoint: CONTROL_API.s3Endpoint,
  s3Region: CONTROL_API.s3Region,
  backupRetentionDays: CONTROL_API.backupRetentionDays,
  anonymousAuditDays: CONTROL_API.anonymousAuditDays,
  operationRetentionDays: CONTROL_API.operationRetentionDays,
  copyMinutes: CONTROL_API.copyMinutes,
  restoreWindowDays: CONTROL_API.restoreWindowDays,
  connectionsPerClient: {
    ...GATEWAY.connectionsPerClient,
    meaning:
      'connections to the gateway (Linux only), and to the Postgres port, that one address (IPv6: one /64) may have',
  },
  maxRunning: CONTROL_API.maxRunning,
  pgPublicHost: optional('DB9_PG_PUBLIC_HOST', TEXT, {
    unset: 'the address above, `localhost` on loopback',
    meaning: CONTROL_API.pgPublicHost.meaning,
  }),
  gatewayUrl: optional('DB9_GATEWAY_URL', GATEWAY_URL, {
    unset: 'none',
    meaning:
      'the gateway runs elsewhere, at this origin ([docs/deploy.md](docs/deploy.md)); none is started here',
  }),
  controlPort: {
    ...CONTROL_API.controlPort,
    meaning: 'with `DB9_GATEWAY_URL`: where on loopback it finds the control API',
  },
  sqlPort: {
    ...DATA_PROXY.sqlPort,
    meaning: 'with `DB9_GATEWAY_URL`: where on loopback it finds the data proxy',
  },
  metricsToken: GATEWAY.metricsToken,
  failedRequests: GATEWAY.failedRequests,
  dataDomain: GATEWAY.dataDomain,
}

export type LocalValues = ValuesOf<typeof LOCAL_VARIABLES>
