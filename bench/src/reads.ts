/** The read path beside its peers: everything is started, checked, then loaded in turn, round after round. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Children } from './children.ts'
import { type Fixture, prepareFixture } from './fixture.ts'
import type { LoadResult } from './load.ts'
import { CALLER, findPostgres, passwordOf } from './postgres.ts'
import { type Figure, toFigure } from './report.ts'
import { restClient, textField } from './rest.ts'
import { httpTargets, type Ports, type Target, wireTarget } from './targets.ts'
import type { WireTarget } from './wire.ts'
import { writeWorkerd } from './workerd.ts'

const HERE = dirname(fileURLToPath(import.meta.url))
const PEERS = join(HERE, '..', 'peers')
const WARM_UP_SECONDS = 1

export interface ReadOptions {
  children: Children
  /** Folder for homes, configs and logs of this run. */
  folder: string
  seconds: number
  rounds: number
  connections: number
  /** Only targets whose name holds this text; null for all. */
  only: string | null
  say(text: string): void
}

/** Measures every target; what does not answer as it should is told and left out. */
export async function measureReads(options: ReadOptions): Promise<Figure[]> {
  const { children, folder, say } = options
  installPeers(say)
  say('Starting db9 …')
  const stack = await children.node('stack', {
    script: join(HERE, 'servers/stack.ts'),
    env: { DB9_HOME: join(folder, 'reads') },
  })
  const call = restClient({ url: String(stack.url), token: String(stack.token) })
  const fixture = await prepareFixture(call)
  try {
    const dataFolder = String(stack.dataFolder)
    const { databaseId } = fixture
    const password = passwordOf(dataFolder, databaseId, CALLER)
    const caller = findPostgres(dataFolder, databaseId, { user: CALLER, password })
    const credentials = await call('GET', `/customer/databases/${databaseId}/credentials`)
    const ofOwner = { user: 'admin', password: textField(credentials, 'admin_password') }
    const owner = findPostgres(dataFolder, databaseId, ofOwner)
    say('Starting the peers …')
    const ports = await startPeers({ ...options, stackPort: stack.port, fixture, caller, owner })
    const all = [wireTarget(caller), ...httpTargets(ports, fixture)]
    const targets = await checked(
      all.filter(({ name }) => options.only === null || name.includes(options.only)),
      say,
    )
    return await loadInRounds(targets, options)
  } finally {
    fixture.stop()
  }
}

function installPeers(say: (text: string) => void): void {
  if (existsSync(join(PEERS, 'node_modules/.package-lock.json'))) return
  say('Installing the peers into bench/peers (450 MB, once) …')
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: PEERS,
    stdio: ['ignore', 2, 2],
  })
}

interface PeerOptions extends ReadOptions {
  stackPort: number
  fixture: Fixture
  caller: WireTarget
  owner: WireTarget
}

async function startPeers({
  children,
  folder,
  stackPort,
  fixture,
  caller,
  owner,
}: PeerOptions): Promise<Ports> {
  const environment = (target: WireTarget) => ({
    BENCH_PG_SOCKET: target.socketPath,
    BENCH_PG_USER: target.user,
    BENCH_PG_PASSWORD: target.password,
    BENCH_PG_DATABASE: target.database,
    NODE_ENV: 'production',
    GRAPHILE_ENV: 'production',
  })
  const peer = (name: string, target: WireTarget) =>
    children.node(name, { script: join(PEERS, `${name}.mjs`), cwd: PEERS, env: environment(target) })
  const direct = await children.node('direct', {
    script: join(HERE, 'servers/direct.ts'),
    env: environment(caller),
  })
  // Lite reads its catalog from views that show a role only what it may touch, so it logs in as the owner.
  const lite = await peer('lite', owner)
  const postgraphile = await peer('postgraphile', caller)

  const serve = (name: string, spec: Parameters<typeof writeWorkerd>[1]) =>
    children.workerd(name, { configPath: writeWorkerd(join(folder, name), spec) })
  const hop = readFileSync(join(HERE, 'workers/hop.js'), 'utf8')
  const hopTo = (name: string, upstreamPort: number) => serve(name, { source: hop, upstreamPort })
  return {
    stack: stackPort,
    direct: direct.port,
    lite: lite.port,
    postgraphile: postgraphile.port,
    hopDirect: await hopTo('hop-direct', direct.port),
    hopLite: await hopTo('hop-lite', lite.port),
    hopPostgraphile: await hopTo('hop-postgraphile', postgraphile.port),
    hello: await serve('hello', { source: bundle('hello') }),
    verify: await serve('verify', {
      source: bundle('verify'),
      variables: { PUBLIC_JWK: JSON.stringify(fixture.jwk) },
    }),
  }
}

function bundle(name: string): string {
  return execFileSync(process.execPath, ['bundle.mjs', join(HERE, `workers/${name}.js`)], {
    cwd: PEERS,
    encoding: 'utf8',
    maxBuffer: 16 * 2 ** 20,
  })
}

async function checked(targets: Target[], say: (text: string) => void): Promise<Target[]> {
  const good: Target[] = []
  for (const target of targets) {
    try {
      await target.check()
      good.push(target)
    } catch (error) {
      say(error instanceof Error ? error.message : String(error))
    }
  }
  return good
}

/** Round after round over all targets, so that whatever the machine does besides falls on all of them alike. */
async function loadInRounds(targets: Target[], options: ReadOptions): Promise<Figure[]> {
  const { seconds, rounds, connections, say } = options
  const results = new Map<string, LoadResult[]>(targets.map(({ name }) => [name, []]))
  for (const target of targets) await target.run({ seconds: Math.min(WARM_UP_SECONDS, seconds), connections })
  for (let i = 1; i <= rounds; i++) {
    say(`Round ${i} of ${rounds}, ${Math.round((targets.length * seconds * 10) / 60) / 10} minutes …`)
    for (const target of targets) {
      results.get(target.name)?.push(await target.run({ seconds, connections }))
    }
  }
  return targets.map(({ name }) => toFigure(name, results.get(name) ?? []))
}
