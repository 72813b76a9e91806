/** Versions in real runtime processes: what they are given, and what they are kept from. */
import { setTimeout as sleep } from 'node:timers/promises'
import { zipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestHost, type TestHost } from './testing/host.ts'

let t: TestHost
beforeAll(() => {
  t = startTestHost()
})
afterAll(() => t?.close())

const text = (content: string) => new TextEncoder().encode(content)

describe('a version', () => {
  test('gets its input and gives its result, with its lines', async () => {
    const code = t.code(`
      module.exports = { handler: async (input, ctx) => {
        console.log('hello', input)
        console.error('and', ctx.claims)
        return { doubled: input.n * 2, self: ctx.self }
      } }`)
    const run = await t.run(code, { n: 21 }, { claims: { sub: 'u1' } })
    expect(run).toMatchObject({ status: 'completed', error: null })
    expect(run.result).toEqual({
      doubled: 42,
      self: {
        functionId: code.function_id,
        versionId: code.version_id,
        runId: expect.any(String),
        triggerType: 'invoke',
      },
    })
    expect(run.logs.split('\n')).toEqual([
      expect.stringMatching(/^\S+Z \[info\] hello \{ n: 21 \}$/),
      expect.stringMatching(/^\S+Z \[error\] and \{ sub: 'u1' \}$/),
    ])
  })

  test.each([
    ['a module of ECMAScript', 'export const handler = (input) => [input]', 'index.handler'],
    ['a default export', 'export default async (input) => [input]', 'index.handler'],
    ['a Worker', 'export default { fetch: async (r) => Response.json([await r.json()]) }', 'index.fetch'],
    [
      'what esbuild makes of CommonJS',
      'module.exports = { __esModule: true, default: { fetch: async (r) => Response.json([await r.json()]) } }',
      'index.default',
    ],
    [
      'modules of Node',
      "exports.handler = (i) => require('node:util').format('%s', i) && [i]",
      'index.handler',
    ],
    ['a handler that answers a Response', 'exports.handler = (i) => Response.json([i])', 'index.handler'],
  ])('may be %s', async (_, code, entrypoint) => {
    const run = await t.run(t.code(code, { entrypoint }), 'x')
    expect([run.status, run.result, run.error]).toEqual(['completed', ['x'], null])
  })

  test('may be a zip archive of several modules', async () => {
    const zip = zipSync({
      'lib/add.js': text('module.exports = (a, b) => a + b'),
      'data.json': text('{"base":40}'),
      'note.txt': text('note'),
      'main.mjs': text(
        "import add from './lib/add.js'; import data from './data.json'; import note from './note.txt'; export const handler = (n) => [add(data.base, n), note]",
      ),
      'common.cjs': text("const add = require('./lib/add'); exports.handler = (n) => add(1, n)"),
    })
    const main = t.code(Buffer.from(zip), { entrypoint: 'main.handler' })
    expect((await t.run(main, 2)).result).toEqual([42, 'note'])
    const common = t.code(Buffer.from(zip), { entrypoint: 'common.handler' })
    expect((await t.run(common, 2)).result).toBe(3)
  })

  test.each([
    ['a syntax error', 'export const handler = (', /Unexpected|SyntaxError/],
    ['a missing module', "import x from 'left-pad'; export const handler = x", /left-pad/],
    ['a throw at the top', "throw new Error('at the top'); export const handler = 1", /at the top/],
    ['another export', 'exports.other = () => 1', /index\.handler is not there.*other/],
    ['an endless top level', 'for (;;); export const handler = 1', /does not come to its end/],
  ])('is checked: %s is told', async (_, code, said) => {
    expect((await t.host.check(t.code(code))).message).toMatch(said)
  })

  test.each([
    ['index.__proto__', /index\.__proto__ is not there/],
    ['index.constructor', /index\.constructor is not there/],
    ['index.hasOwnProperty', /index\.hasOwnProperty is not there/],
    ['index.bind', /index\.bind is not there/],
    ['db9-runner.serve', /not accepted/],
    ['__proto__.x', /not accepted/],
    ['../../x.y', /not accepted/],
    ['/x.y', /not accepted/],
  ])('has no entrypoint %s, be it one module or an archive', async (entrypoint, said) => {
    const source = 'module.exports = () => 1; module.exports.handler = () => 1'
    const zip = Buffer.from(zipSync({ 'index.js': text(source) }))
    for (const bundle of [source, zip])
      expect((await t.host.check(t.code(bundle, { entrypoint }))).message).toMatch(said)
  })

  test('in an archive is the module that the entrypoint names, or the only one where it names none', async () => {
    const zip = Buffer.from(zipSync({ 'main.js': text('exports.handler = () => 1') }))
    const check = async (entrypoint: string) => (await t.host.check(t.code(zip, { entrypoint }))).message
    expect(await check('other.handler')).toMatch(
      /no module other for the entrypoint other\.handler: it has main/,
    )
    expect(await Promise.all(['main.handler', './main.handler', '.handler'].map(check))).toEqual([
      null,
      null,
      null,
    ])
  })

  test('may export a method of a class, or a function under a name that every object has', async () => {
    const method = t.code('class H { handler() { return 1 } }; module.exports = new H()')
    expect((await t.run(method)).result).toBe(1)
    const own = t.code('exports.toString = () => 2', { entrypoint: 'index.toString' })
    expect((await t.run(own)).result).toBe(2)
  })

  test('is checked: one that loads is well, whatever it would do in a run', async () => {
    const code = t.code("exports.handler = () => { throw new Error('in the run') }")
    expect(await t.host.check(code)).toEqual({ message: null })
    const run = await t.run(code)
    expect(run).toMatchObject({ status: 'failed', error: 'Error: in the run' })
    expect(run.logs).toContain('[error] Error: in the run')
    expect(run.logs).not.toContain('db9-')
  })

  test.each(['../x.js', '/x.js', 'a/../../x.js', 'a\\b.js', 'db9-main.js', '__proto__.js'])(
    'with a file %s is refused',
    async (name) => {
      const zip = zipSync({ [name]: text('1'), 'index.js': text('exports.handler = () => 1') })
      expect((await t.host.check(t.code(Buffer.from(zip)))).message).toMatch(/not accepted/)
    },
  )

  test('that unpacks to far more than it is, is refused', async () => {
    const zip = zipSync({
      'bomb.txt': new Uint8Array(60 * 2 ** 20),
      'index.js': text('exports.handler = () => 1'),
    })
    expect((await t.host.check(t.code(Buffer.from(zip)))).message).toMatch(/at most|too densely/)
  })

  test('sees its secrets, and no other environment; a changed secret gives another isolate', async () => {
    const source =
      'let runs = 0; exports.handler = (_, ctx) => [ctx.secrets.get("KEY"), process.env.KEY, Object.keys(process.env), ++runs]'
    const code = t.code(source, { secrets: { KEY: 'first' } })
    expect((await t.run(code)).result).toEqual(['first', 'first', ['KEY'], 1])
    expect((await t.run(code)).result).toEqual(['first', 'first', ['KEY'], 2])
    const changed = { ...code, secrets: { KEY: 'second' } }
    expect((await t.run(changed)).result).toEqual(['second', 'second', ['KEY'], 1])
  })
})

describe('runs', () => {
  test('at once in one isolate have their own lines', async () => {
    const code = t.code(
      'exports.handler = async (n) => { console.log("run", n); await new Promise((r) => setTimeout(r, n)); console.log("end", n); return n }',
    )
    const runs = await Promise.all([40, 20, 60].map((n) => t.run(code, n)))
    for (const { logs, result } of runs)
      expect(logs.match(/\d+$/gm)).toEqual([String(result), String(result)])
  })

  test('ask for SQL as their own caller, and no more once they have ended', async () => {
    const asked: unknown[] = []
    const own = startTestHost({
      sql: async ({ role, claims }, sql, params) => {
        asked.push([role, claims, sql, params])
        return { result: { columns: [], rows: [[String(claims?.sub)]], row_count: 1, command: 'SELECT' } }
      },
    })
    try {
      const code = own.code(`let kept
        exports.handler = async (_, ctx) => {
          const late = kept ? await kept.query('select 2').catch((e) => e.message) : null
          kept = ctx.db
          return [(await ctx.db.query('select $1', [1n, new Date(0), new Uint8Array([255])])).rows, late]
        }`)
      const first = await own.run(code, null, { claims: { sub: 'u1' } })
      const second = await own.run(code, null, { claims: { sub: 'u2' }, role: 'anon' })
      expect(first.result).toEqual([[['u1']], null])
      expect(second.result).toEqual([[['u2']], expect.stringContaining('has ended')])
      const params = ['1', '1970-01-01T00:00:00.000Z', '\\xff']
      expect(asked).toEqual([
        ['authenticated', { sub: 'u1' }, 'select $1', params],
        ['anon', { sub: 'u2' }, 'select $1', params],
      ])
    } finally {
      await own.close()
    }
  })

  test('that wait beyond their time are ended, and the process goes on', async () => {
    const before = t.pids.length
    const code = t.code(
      'exports.handler = () => { console.log("before"); return new Promise((r) => setTimeout(r, 60000)) }',
    )
    const run = await t.run(code, null, { timeout_ms: 300 })
    expect(run).toMatchObject({ status: 'timed_out', error: 'the run took longer than 300 ms' })
    expect(run.logs).toContain('before')
    expect((await t.run(t.code('exports.handler = () => 1'))).result).toBe(1)
    expect(t.pids).toHaveLength(before)
  })

  test('that loop are ended with their process, and the next run has another', async () => {
    const before = t.pids.length
    const code = t.code('exports.handler = () => { console.log("before"); for (;;); }')
    const run = await t.run(code, null, { timeout_ms: 300 })
    expect(run.status).toBe('timed_out')
    expect(run.logs).toContain('before')
    expect((await t.run(t.code('exports.handler = () => 1'))).result).toBe(1)
    expect(t.pids).toHaveLength(before + 1)
  })

  test('can be cancelled', async () => {
    const code = t.code('exports.handler = () => new Promise((r) => setTimeout(r, 60000))')
    const waiting = t.run(code, null, { run_id: 'run_cancelled' })
    await expect.poll(() => t.host.cancel('run_cancelled')).toBe(true)
    expect((await waiting).status).toBe('cancelled')
    expect(t.host.cancel('run_cancelled')).toBe(false)
  })

  test.each([
    ['a heap', 'const all = []; for (;;) all.push(new Array(1e5).fill(0.5))'],
    ['buffers', 'const all = []; for (;;) all.push(new Uint8Array(32e6).fill(1))'],
    ['strings', 'let s = "x"; for (;;) s += s + s'],
    ['promises that never settle', 'await new Promise(() => {})'],
    ['a deep recursion', 'const f = () => f() + 1; f()'],
  ])('that exhaust %s fail, and the next run works', async (_, body) => {
    const run = await t.run(t.code(`exports.handler = async () => { ${body} }`), null, { timeout_ms: 20_000 })
    expect(run.status).toBe('failed')
    expect((await t.run(t.code('exports.handler = () => 1'))).result).toBe(1)
  })

  test('that flood their log keep the first lines', async () => {
    const code = t.code(
      'exports.handler = () => { for (let i = 0; i < 20000; i++) console.log(i, "x".repeat(200)); return 1 }',
    )
    const run = await t.run(code)
    expect(run.status).toBe('completed')
    const lines = run.logs.split('\n')
    expect(lines.length).toBeLessThanOrEqual(1_001)
    expect(lines[0]).toMatch(/\[info\] 0 x/)
    expect(lines.at(-1)).toContain('output cut')
  })

  test('whose result cannot be JSON, or is too large, say so', async () => {
    expect(await t.run(t.code('exports.handler = () => 1n'))).toMatchObject({
      status: 'failed',
      error: expect.stringContaining('BigInt'),
    })
    const large = await t.run(t.code('exports.handler = () => "x".repeat(1000001)'))
    expect(large).toMatchObject({
      status: 'failed',
      error: 'the result is larger than 1000000 bytes',
    })
    expect((await t.run(t.code('exports.handler = () => undefined'))).result).toBeNull()
  })

  test('whose answer is compressed fail, and say so', async () => {
    const code = t.code(
      "exports.handler = () => new Response('x', { headers: { 'content-encoding': 'gzip' }, encodeBody: 'manual' })",
    )
    expect(await t.run(code)).toMatchObject({
      status: 'failed',
      error: expect.stringContaining('content-encoding'),
    })
  })

  test('under way when their process is killed end as failed, and the next run works', async () => {
    const own = startTestHost()
    try {
      const code = own.code('exports.handler = (n) => new Promise((r) => setTimeout(() => r(n), n))')
      const waiting = Promise.all([30_000, 40_000].map((n) => own.run(code, n)))
      await expect.poll(() => own.pids.length).toBe(1)
      await own.run(code, 1)
      process.kill(own.pids[0] ?? 0, 'SIGKILL')
      for (const run of await waiting)
        expect(run).toMatchObject({ status: 'failed', error: expect.stringContaining('the runtime ended') })
      expect((await own.run(code, 2)).result).toBe(2)
    } finally {
      await own.close()
    }
  })

  test('of one account leave places for the others', async () => {
    const own = startTestHost({ mostDatabases: 8 })
    const of = (account: string, database_id: string) =>
      own.code('exports.handler = (ms) => new Promise((r) => setTimeout(() => r("ran"), ms))', {
        account: { id: account, kind: 'anonymous' },
        database_id,
      })
    try {
      const long = ['db_1', 'db_2'].map((id) =>
        own.run(of('cus_a', id), 60_000, { timeout_ms: 60_000, run_id: id }),
      )
      await expect.poll(() => own.pids.length).toBe(2)
      await expect(own.run(of('cus_a', 'db_3'), 1)).rejects.toMatchObject({ code: 'busy' })
      expect((await own.run(of('cus_b', 'db_4'), 1)).result).toBe('ran')
      for (const id of ['db_1', 'db_2']) own.host.cancel(id)
      await Promise.all(long)
      expect((await own.run(of('cus_a', 'db_3'), 1)).result).toBe('ran')
    } finally {
      await own.close()
    }
  })

  test('that only write of a lack of memory leave their process as it is', async () => {
    const before = t.pids.length
    const code = t.code(
      "exports.handler = () => { console.log('RangeError: Array buffer allocation failed') }",
    )
    for (let i = 0; i < 3; i++) expect((await t.run(code)).status).toBe('completed')
    expect(t.pids.length - before).toBeLessThanOrEqual(1)
    const { length } = t.pids
    await t.run(code)
    expect(t.pids).toHaveLength(length)
  })

  test('that fill one process after the other have two at most, and the oldest ends with its runs', async () => {
    const own = startTestHost()
    let made = 0
    // A process takes 64 versions.
    const fill = async () => {
      for (const { length } = own.pids; own.pids.length === length; made++)
        expect((await own.run(own.code(`exports.handler = () => ${made}`))).result).toBe(made)
    }
    try {
      const wait = own.code('exports.handler = () => new Promise((r) => setTimeout(r, 110000))')
      const first = own.run(wait, null, { timeout_ms: 120_000 })
      await expect.poll(() => own.pids.length).toBe(1)
      await fill()
      const second = own.run(wait, null, { timeout_ms: 120_000, run_id: 'run_second' })
      await fill()
      expect(await first).toMatchObject({
        status: 'failed',
        error: expect.stringContaining('the runtime ended'),
      })
      expect(own.pids.filter(isRunning)).toEqual(own.pids.slice(1))
      expect(own.host.cancel('run_second')).toBe(true)
      expect((await second).status).toBe('cancelled')
    } finally {
      await own.close()
    }
  })

  test('of ever new versions are given to a new process in time, since a loaded one is never given back', async () => {
    const own = startTestHost()
    try {
      for (let i = 0; i < 70; i++) {
        const code = own.code(`exports.handler = () => ${i}`)
        expect(await own.host.check(code)).toEqual({ message: null })
        expect((await own.run(code)).result).toBe(i)
      }
      expect(own.pids).toHaveLength(2)
      await expect.poll(() => own.pids.filter(isRunning)).toHaveLength(1)
    } finally {
      await own.close()
    }
  })

  test('leave no process once the database is idle', async () => {
    const own = startTestHost({ idleMs: 50 })
    try {
      expect((await own.run(own.code('exports.handler = () => 1'))).result).toBe(1)
      const [pid = 0] = own.pids
      await expect.poll(() => isRunning(pid)).toBe(false)
      expect((await own.run(own.code('exports.handler = () => 2'))).result).toBe(2)
    } finally {
      await own.close()
    }
    await sleep(0)
    expect(own.pids.filter(isRunning)).toEqual([])
  })
})

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe('the sandbox', () => {
  test('holds no file of the machine, no socket and no code from text', async () => {
    const code = t.code(
      `exports.handler = async () => {
        const tried = {}
        const attempt = async (name, work) => { try { tried[name] = String(await work()).slice(0, 80) } catch (e) { tried[name] = 'refused' } }
        const fs = require('node:fs')
        await attempt('passwd', () => fs.readFileSync('/etc/passwd', 'utf8'))
        await attempt('files', () => fs.readFileSync('/db9/files/workerd.capnp', 'utf8'))
        await attempt('own', () => fs.readdirSync('/db9'))
        await attempt('proc', () => fs.readdirSync('/proc'))
        await attempt('eval', () => (0, eval)('1'))
        await attempt('new Function', () => new Function('return 1')())
        await attempt('net', () => new Promise((resolve, reject) => {
          const socket = require('node:net').connect(5433, '127.0.0.1')
          socket.on('connect', () => resolve('connected')); socket.on('error', reject)
        }))
        await attempt('sockets', async () => {
          const { connect } = await import('cloudflare' + ':sockets')
          const socket = connect('127.0.0.1:5433'); await socket.opened; return 'connected'
        })
        await attempt('fetch', async () => (await fetch('http://127.0.0.1/')).status)
        await attempt('child', () => require('node:child_process').execSync('id'))
        return tried
      }`,
    )
    const { result } = await t.run(code)
    expect(new Set(Object.values(result as object))).toEqual(new Set(['refused']))
  })

  test('of two databases are two processes, which see nothing of each other', async () => {
    const other = t.code('globalThis.kept ??= 0; exports.handler = () => ++globalThis.kept', {
      database_id: 'db_other',
      secrets: { OTHER: 'x' },
    })
    await t.run(other)
    expect((await t.run(other)).result).toBe(2)
    const own = t.code('exports.handler = () => [globalThis.kept ?? null, Object.keys(process.env)]')
    expect((await t.run(own)).result).toEqual([null, []])
  })
})
