/** What may import what, each with its reason. `check-imports.ts` holds all sources against these two tables. */

/** A folder of sources. Beside them a part has tests and scripts, which may import its devDependencies too. */
export interface Area {
  folder: string
  /** Parts of this workspace that it may import. */
  parts: readonly string[]
  /** Packages from npm that it may import: those in `dependencies`, or only the ones named. */
  packages: 'dependencies' | readonly string[]
  /** Whether it runs on Node alone, and may import Node's modules. */
  node: boolean
  why: string
}

export const AREAS: readonly Area[] = [
  {
    folder: 'packages/types/src',
    parts: [],
    packages: ['zod'],
    node: false,
    why: 'the contract is what all parts share: it runs everywhere and knows none of them',
  },
  {
    folder: 'packages/process/src',
    parts: [],
    packages: 'dependencies',
    node: true,
    why: 'it is what the processes of all parts share, and knows none of them',
  },
  {
    folder: 'packages/query/src',
    parts: [],
    packages: [],
    node: false,
    why: 'the grammar is pure: no input or output, no clock, no dependency',
  },
  {
    folder: 'packages/postgres/src',
    parts: [],
    packages: ['@mongodb-js/saslprep'],
    node: true,
    why: "Postgres' formats are the same for all who speak them",
  },
  {
    folder: 'packages/internal-api/src',
    parts: ['@db9/types'],
    packages: [],
    node: false,
    why: 'both ends of a call between parts sign alike, also in the Worker',
  },
  {
    folder: 'packages/engine/src',
    parts: ['@db9/postgres', '@db9/process', '@db9/types'],
    packages: 'dependencies',
    node: true,
    why: 'an engine knows databases, and none who asks for them',
  },
  {
    folder: 'apps/gateway/src',
    parts: ['@db9/internal-api', '@db9/postgres', '@db9/query', '@db9/types'],
    packages: ['@neondatabase/serverless', 'hono', 'jose'],
    node: false,
    why: 'the Worker runs on Cloudflare, and its size counts',
  },
  {
    folder: 'apps/gateway/launch',
    parts: ['@db9/internal-api', '@db9/process', '@db9/types'],
    packages: ['pino', 'workerd'],
    node: true,
    why: 'it runs workerd, and nothing of the Worker runs in its process',
  },
  {
    folder: 'apps/control-api/src',
    parts: ['@db9/engine', '@db9/internal-api', '@db9/postgres', '@db9/process', '@db9/types'],
    packages: 'dependencies',
    node: true,
    why: 'it reaches the other apps by signed calls, so that they may run elsewhere',
  },
  {
    folder: 'apps/data-proxy/src',
    parts: ['@db9/internal-api', '@db9/postgres', '@db9/process', '@db9/types'],
    packages: 'dependencies',
    node: true,
    why: 'it asks the control API for databases, and starts none',
  },
  {
    folder: 'apps/functions/src',
    parts: ['@db9/engine', '@db9/internal-api', '@db9/process', '@db9/types'],
    packages: 'dependencies',
    node: true,
    why: 'it runs code of owners in the sandbox of the engine, and reaches databases by the data proxy alone',
  },
  {
    folder: 'apps/local/src',
    parts: [
      '@db9/control-api',
      '@db9/data-proxy',
      '@db9/engine',
      '@db9/functions',
      '@db9/gateway',
      '@db9/internal-api',
      '@db9/process',
      '@db9/types',
    ],
    packages: 'dependencies',
    node: true,
    why: 'it composes the parts, and is the only app that imports apps',
  },
]

/** A folder, or a file, whose sources may import only some of its own area. */
export interface FolderRule {
  path: string
  /** Folders and files of the area, beside its own. */
  mayImport: readonly string[]
  why: string
}

export const FOLDERS: readonly FolderRule[] = [
  {
    path: 'apps/control-api/src/jobs',
    mayImport: ['metadata'],
    why: 'jobs know rows and steps, and no resource and no HTTP',
  },
  {
    path: 'apps/control-api/src/metadata',
    mayImport: [],
    why: 'migrations of an earlier release must not change with the code that uses the tables',
  },
  {
    path: 'apps/control-api/src/parts',
    mayImport: ['config.ts'],
    why: 'calls to other parts know no resource and no row',
  },
  {
    path: 'apps/control-api/src/variables.ts',
    mayImport: [],
    why: 'a table of variables is read where nothing starts: for the docs, and by apps/local',
  },
  {
    path: 'apps/data-proxy/src/variables.ts',
    mayImport: [],
    why: 'a table of variables is read where nothing starts: for the docs, and by apps/local',
  },
  {
    path: 'apps/functions/src/variables.ts',
    mayImport: [],
    why: 'a table of variables is read where nothing starts: for the docs, and by apps/local',
  },
  {
    path: 'apps/gateway/launch/variables.ts',
    mayImport: [],
    why: 'a table of variables is read where nothing starts: for the docs, and by apps/local',
  },
  {
    path: 'apps/data-proxy/src/sessions',
    mayImport: ['directory', 'errors.ts'],
    why: 'sessions serve the batches and SQL over HTTP alike, and know neither',
  },
  {
    path: 'apps/data-proxy/src/pgwire',
    mayImport: ['auth', 'database-name.ts', 'directory', 'errors.ts', 'sessions'],
    why: 'the wire protocol shares logins and addresses with the HTTP listener, and nothing else',
  },
  {
    path: 'apps/gateway/src/fast',
    mayImport: ['auth', 'lru.ts'],
    why: 'a fast path gives the result of a slower function and knows no step of a request',
  },
  {
    path: 'apps/gateway/src/pipeline',
    mayImport: [
      'auth',
      'config.ts',
      'fast',
      'http',
      'isolate.ts',
      'keys',
      'log.ts',
      'lru.ts',
      'metrics.ts',
      'part-client.ts',
    ],
    why: 'identify and admit are the same for every service of the data plane, so they know none',
  },
  {
    path: 'apps/gateway/src/http',
    mayImport: ['fast', 'isolate.ts'],
    why: 'bodies, replies and refusals are below the steps of a request',
  },
  {
    path: 'packages/engine/src/contract',
    mayImport: ['settings.ts'],
    why: 'the contract is for every engine, and so holds nothing of the embedded one',
  },
  {
    path: 'packages/engine/src/embedded/concurrency',
    mayImport: [],
    why: 'mutexes, slots and counts know no database',
  },
  {
    path: 'packages/engine/src/embedded/scheduling/policy.ts',
    mayImport: [],
    why: 'which databases run is decided by a pure function',
  },
  {
    path: 'packages/process/src/variables',
    mayImport: ['start-error.ts'],
    why: 'the docs are made from tables of variables, and start nothing',
  },
  {
    path: 'packages/query/src/syntax',
    mayImport: ['contract.ts', 'errors.ts', 'steps.ts'],
    why: 'what a request says is read without a catalog and without a policy',
  },
  {
    path: 'packages/query/src/catalog',
    mayImport: ['contract.ts'],
    why: 'a catalog is what the database has, whoever asks',
  },
  {
    path: 'packages/query/src/policy',
    mayImport: ['catalog', 'contract.ts', 'errors.ts'],
    why: 'what a key exposes is decided before there is a plan',
  },
  {
    path: 'packages/query/src/plan',
    mayImport: ['catalog', 'contract.ts', 'errors.ts', 'policy', 'syntax'],
    why: 'a plan is made before there is SQL',
  },
  {
    path: 'packages/query/src/sql',
    mayImport: ['catalog', 'contract.ts', 'plan', 'policy', 'syntax'],
    why: 'SQL is written from a plan, and knows no reply',
  },
]
