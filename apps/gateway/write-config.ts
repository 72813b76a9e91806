/**
 * `npx --yes pnpm@12 run gateway:config [options]`: writes the Worker and a configuration for a plain `workerd serve`.
 *   --out <folder>   --address 127.0.0.1:9009   --control 127.0.0.1:9010   --data-proxy 127.0.0.1:9011
 *   --data-domain <domain>   --trusted-proxies <blocks>   --allowed-hosts <names>   --jwks-ca <file>
 *   --failed-requests <per second>
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { buildGateway, SECRET_VARIABLES, workerdConfig } from './build.ts'

const { values } = parseArgs({
  args: process.argv.slice(2).filter((arg) => arg !== '--'),
  options: {
    out: { type: 'string', default: 'db9-gateway' },
    address: { type: 'string', default: '127.0.0.1:9009' },
    control: { type: 'string', default: '127.0.0.1:9010' },
    'data-proxy': { type: 'string', default: '127.0.0.1:9011' },
    'data-domain': { type: 'string', default: '' },
    'trusted-proxies': { type: 'string', default: '' },
    'allowed-hosts': { type: 'string', default: '' },
    'jwks-ca': { type: 'string' },
    'failed-requests': { type: 'string', default: '20' },
  },
})

const out = resolve(values.out)
mkdirSync(join(out, 'objects'), { recursive: true, mode: 0o700 })
await buildGateway(join(out, 'gateway.js'))
writeFileSync(
  join(out, 'gateway.capnp'),
  workerdConfig({
    script: 'gateway.js',
    address: values.address,
    control: values.control,
    dataProxy: values['data-proxy'],
    storageFolder: join(out, 'objects'),
    allowLocalJwks: false,
    jwksCertificates: values['jwks-ca'] ? readFileSync(values['jwks-ca'], 'utf8') : null,
    dataDomain: values['data-domain'],
    trustedProxies: values['trusted-proxies'],
    allowedHosts: values['allowed-hosts'],
    failedRequests: Number(values['failed-requests']),
  }),
)
process.stdout.write(`Written to ${out}. With ${SECRET_VARIABLES.join(' and ')} in the environment:

  workerd serve ${join(out, 'gateway.capnp')}
`)
