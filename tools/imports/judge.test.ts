import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { findCircles } from './circles.ts'
import { judge, partOf } from './judge.ts'
import { AREAS, FOLDERS } from './rules.ts'

const CHECKOUT = join(import.meta.dirname, '..', '..')
const manifest = {
  dependencies: { zod: '1', hono: '1', pino: '1', pg: '1', workerd: '1', '@mongodb-js/saslprep': '1' },
  devDependencies: { 'fast-check': '1', '@db9/data-proxy': 'workspace:*' },
}
const by = (file: string, specifier: string) => judge({ file, specifier, manifest })

describe('a folder of sources', () => {
  test.each([
    ['packages/query/src/index.ts', 'zod', 'the grammar is pure'],
    ['packages/query/src/index.ts', '@db9/types', 'it is another part'],
    ['packages/query/src/index.ts', 'node:fs', 'does not run on Node alone'],
    ['packages/types/src/ids.ts', 'hono', 'the contract is what all parts share'],
    ['packages/types/src/ids.ts', '@db9/postgres/messages', 'it is another part'],
    ['packages/postgres/src/arrays.ts', 'pg', 'may not import'],
    ['packages/postgres/src/arrays.ts', '@db9/types/ids', 'it is another part'],
    ['packages/internal-api/src/client.ts', '@db9/postgres', 'it is another part'],
    ['packages/engine/src/index.ts', '@db9/internal-api/client', 'it is another part'],
    ['packages/process/src/logs.ts', '@db9/engine', 'it is another part'],
    ['apps/gateway/src/index.ts', 'node:fs', 'does not run on Node alone'],
    ['apps/gateway/src/index.ts', 'pino', 'the Worker runs on Cloudflare'],
    ['apps/gateway/src/index.ts', '../launch/start.ts', 'it leaves apps/gateway/src'],
    ['apps/gateway/launch/start.ts', '../src/config.ts', 'it leaves apps/gateway/launch'],
    ['apps/gateway/launch/start.ts', 'hono', 'may not import'],
    ['apps/data-proxy/src/proxy.ts', '@db9/engine', 'it is another part'],
    ['apps/data-proxy/src/proxy.ts', 'cloudflare:workers', 'only the gateway runs on Workers'],
    ['apps/data-proxy/src/proxy.ts', 'express', 'it is not in the dependencies'],
    ['apps/control-api/src/create.ts', '../../data-proxy/src/proxy.ts', 'it leaves its own part'],
  ])('%s may not import %s', (file, specifier, reason) => {
    expect(by(file, specifier)).toContain(reason)
  })

  test.each([
    ['packages/types/src/ids.ts', 'zod'],
    ['packages/postgres/src/arrays.ts', 'node:crypto'],
    ['packages/engine/src/index.ts', '@db9/process/processes'],
    ['apps/gateway/src/index.ts', 'cloudflare:workers'],
    ['apps/gateway/launch/start.ts', '../build.ts'],
    ['apps/gateway/launch/start.ts', 'workerd'],
    ['apps/local/src/start.ts', '@db9/gateway/launch'],
  ])('%s may import %s', (file, specifier) => {
    expect(by(file, specifier)).toBeNull()
  })
})

describe('apps', () => {
  test.each(['apps/control-api', 'apps/data-proxy', 'apps/gateway', 'packages/engine'])(
    '%s imports no app, in its tests neither',
    (part) => {
      for (const file of ['src/a.ts', 'src/a.test.ts', 'src/testing/a.ts', 'a.ts'])
        expect(by(`${part}/${file}`, '@db9/data-proxy/start')).toBe('only apps/local imports apps')
    },
  )
})

describe('a folder within', () => {
  test.each([
    ['packages/engine/src/contract/connect.ts', '../embedded/create.ts', 'the contract is for every engine'],
    ['packages/engine/src/embedded/concurrency/slots.ts', '../process/processes.ts', 'know no database'],
    ['packages/engine/src/embedded/scheduling/policy.ts', './scheduler.ts', 'a pure function'],
    ['packages/query/src/syntax/filters.ts', '../catalog/catalog.ts', 'without a catalog'],
    ['packages/query/src/catalog/catalog.ts', '../policy/names.ts', 'whoever asks'],
    ['packages/query/src/policy/names.ts', '../plan/plan.ts', 'before there is a plan'],
    ['packages/query/src/plan/plan.ts', '../sql/sql.ts', 'before there is SQL'],
    ['packages/query/src/sql/select.ts', '../response/response.ts', 'knows no reply'],
    ['packages/process/src/variables/read.ts', '../logs.ts', 'start nothing'],
    ['apps/gateway/src/fast/url.ts', '../pipeline/serve.ts', 'knows no step of a request'],
    ['apps/gateway/src/pipeline/serve.ts', '../data-plane/rest.ts', 'so they know none'],
    ['apps/gateway/src/http/reply.ts', '../pipeline/serve.ts', 'below the steps'],
    ['apps/gateway/launch/variables.ts', './start.ts', 'where nothing starts'],
    ['apps/control-api/src/variables.ts', './create.ts', 'where nothing starts'],
    ['apps/data-proxy/src/variables.ts', './start.ts', 'where nothing starts'],
    ['apps/control-api/src/jobs/runner.ts', '../databases/create.ts', 'no resource and no HTTP'],
    ['apps/control-api/src/metadata/tables.ts', '../config.ts', 'migrations of an earlier release'],
    ['apps/control-api/src/parts/gateway.ts', '../databases/store.ts', 'know no resource'],
    ['apps/data-proxy/src/sessions/pool.ts', '../batch/handle.ts', 'know neither'],
    ['apps/data-proxy/src/pgwire/session.ts', '../http/exchange.ts', 'nothing else'],
  ])('%s may not import %s', (file, specifier, reason) => {
    expect(by(file, specifier)).toContain(reason)
    expect(by(file.replace(/\.ts$/, '.test.ts'), specifier)).toBeNull()
  })

  test('imports its own files and those that its rule names', () => {
    for (const { path, mayImport } of FOLDERS) {
      const { folder } = AREAS.find((area) => path.startsWith(`${area.folder}/`)) ?? { folder: '' }
      const file = path.endsWith('.ts') ? path : `${path}/a.ts`
      const up = '../'.repeat(file.split('/').length - folder.split('/').length - 1) || './'
      for (const each of mayImport) {
        const target = each.endsWith('.ts') ? each : `${each}/a.ts`
        expect([path, each, by(file, up + target)]).toEqual([path, each, null])
      }
      if (!path.endsWith('.ts')) expect(by(file, './b.ts')).toBeNull()
    }
  })
})

test('every rule is of a folder or a file that is there, and says why', () => {
  for (const { folder, why } of AREAS) expect([existsSync(join(CHECKOUT, folder)), why]).toEqual([true, why])
  for (const { path, mayImport, why } of FOLDERS) {
    const { folder } = AREAS.find((area) => path.startsWith(`${area.folder}/`)) ?? { folder: '' }
    const paths = [path, ...mayImport.map((each) => `${folder}/${each}`)]
    expect(paths.filter((each) => !existsSync(join(CHECKOUT, each)))).toEqual([])
    expect(why).not.toBe('')
  }
})

test('ARCHITECTURE.md says of each part what it may import', () => {
  const page = readFileSync(join(CHECKOUT, 'ARCHITECTURE.md'), 'utf8')
  for (const { folder, parts } of AREAS) {
    const part = partOf(folder)
    const [, cell = ''] = new RegExp(`^\\| ${part} \\| (.*) \\|$`, 'm').exec(page) ?? []
    const named = /^everything/.test(cell) ? parts : parts.filter((name) => cell.includes(name.slice(5)))
    expect([folder, named]).toEqual([folder, parts])
  }
})

test('findCircles finds files that import each other, and no others', () => {
  const graph = new Map([
    ['a', ['b']],
    ['b', ['c']],
    ['c', ['a', 'd']],
    ['d', []],
  ])
  expect(findCircles(graph)).toEqual([['a', 'b', 'c']])
})
