/**
 * Stands beside the code of a function in its isolate: finds the entrypoint, gives it `ctx`, and marks each line of the
 * console with the run that wrote it. Whatever is in here counts as the function's own: the host trusts none of it.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { format } from 'node:util'

const MARK = '\u001e'
const INTERNAL_HEADER = /^x-db9-/i
const LEVELS = ['debug', 'error', 'info', 'log', 'trace', 'warn']

const runs = new AsyncLocalStorage()
// biome-ignore lint/suspicious/noConsole: the host reads what the console writes
const print = console.log.bind(console)

for (const level of LEVELS) {
  console[level] = (...values) =>
    say(runs.getStore() ?? '', level === 'log' ? 'info' : level, format(...values))
}

function say(run, level, text) {
  print(`${MARK}${run}${MARK}${level}${MARK}${text}`)
}

/** The Worker of a version, from what its main module exports. */
export function serve(user) {
  return {
    async fetch(request, env, ctx) {
      const { __db9: own, ...secrets } = env
      if (new URL(request.url).pathname === '/check' && !request.headers.has('x-db9-run'))
        return check(user, own.entry)
      // An invoke has it all in its body, which may be long; a request over HTTP has a body of its client's.
      const header = request.headers.get('x-db9-run')
      const run = JSON.parse(header === null ? await request.text() : decodeURIComponent(header))
      const asked = run.kind === 'http' ? withoutInternal(request) : invocationOf(run)
      return runs.run(run.id, () => answer({ user, own, secrets, run, ctx }, asked))
    },
  }
}

function check(user, entry) {
  try {
    findEntry(user, entry)
    return new Response(null, { status: 204 })
  } catch (error) {
    return failure(error.message)
  }
}

/** What a function in the style of Workers gets for an invoke. */
function invocationOf({ input }) {
  return new Request('http://function/', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(input ?? null),
  })
}

async function answer({ user, own, secrets, run, ctx }, request) {
  const waits = []
  const waitUntil = (work) => {
    waits.push(Promise.resolve(work).catch((error) => console.error(stackOf(error))))
  }
  const ended = async () => {
    for (let i = 0; i < waits.length; i++) await waits[i]
    say(run.id, 'end', '')
  }
  const context = {
    self: run.self,
    claims: run.claims,
    request,
    waitUntil,
    passThroughOnException() {},
    db: { query: (sql, params = []) => query(own.DB, run.token, sql, params) },
    secrets: { get: (name) => (Object.hasOwn(secrets, name) ? secrets[name] : undefined) },
  }
  let reply
  try {
    const { kind, call } = findEntry(user, own.entry)
    const result =
      kind === 'fetch'
        ? await call(request, secrets, context)
        : await call(run.kind === 'http' ? await inputOf(request, context) : run.input, context)
    reply = result instanceof Response ? withOutcome(result, 'response') : toJsonReply(result)
  } catch (error) {
    console.error(stackOf(error))
    reply = failure(error)
  }
  if (run.kind === 'http') ctx.waitUntil(ended())
  else await ended()
  return reply
}

/** `exports[name]`, then the same of the default export, then the default export itself, then `handler`, then `fetch`. */
function findEntry(user, { name, entrypoint }) {
  const main = user.default?.__esModule ? user.default.default : user.default
  const asHandler = (call, self) => typeof call === 'function' && { kind: 'handler', call: call.bind(self) }
  const asFetch = (of) => typeof of?.fetch === 'function' && { kind: 'fetch', call: of.fetch.bind(of) }
  const named =
    name === 'fetch' || name === 'default' ? null : (of) => isOwnOf(of, name) && asHandler(of[name], of)
  // What every object has is never meant, so that nothing else is taken in its place.
  const isMeant = !(name in Function.prototype) || isOwnOf(user, name) || isOwnOf(main, name)
  const found =
    isMeant &&
    (named?.(user) ||
      named?.(main) ||
      asHandler(main) ||
      asHandler(user.handler) ||
      asHandler(main?.handler, main) ||
      asFetch(main) ||
      asFetch(user))
  if (found) return found
  const exported = [...new Set([...Object.keys(user), ...Object.keys(Object(main))])].filter(
    (key) => key !== 'default',
  )
  throw new Error(
    `the entrypoint ${entrypoint} is not there: the module exports ${exported.join(', ') || 'nothing that can be called'}`,
  )
}

/** Its own, or of a class of its author's. */
function isOwnOf(of, name) {
  return Object.hasOwn(Object(of), name) || (name in Object(of) && !(name in Function.prototype))
}

function withoutInternal(request) {
  const headers = new Headers()
  for (const [name, value] of request.headers) if (!INTERNAL_HEADER.test(name)) headers.append(name, value)
  return new Request(request, { headers })
}

/** Of a request over HTTP: JSON parsed, text as it is, null for what is neither; that is in `ctx.request`. */
async function inputOf(request, context) {
  const type = request.headers.get('content-type') ?? ''
  if (/^application\/json\b/i.test(type)) {
    const text = await readText(request, context)
    return text === '' ? null : JSON.parse(text)
  }
  return /^text\//i.test(type) ? readText(request, context) : null
}

async function readText(request, context) {
  const text = await request.text()
  context.request = new Request(request.url, {
    method: request.method,
    headers: request.headers,
    ...(text !== '' && { body: text }),
  })
  return text
}

async function query(db, token, sql, params) {
  const { result, error } = await db.query(token, String(sql), params.map(toParam))
  if (error) throw Object.assign(new Error(error.message), error)
  return result
}

function toParam(value) {
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Uint8Array)
    return `\\x${Array.from(value, (byte) => byte.toString(16).padStart(2, '0')).join('')}`
  if (value instanceof Date) return value.toISOString()
  return value === undefined ? null : value
}

function toJsonReply(value) {
  const json = JSON.stringify(value === undefined ? null : value)
  return new Response(json ?? 'null', {
    headers: { 'content-type': 'application/json', 'x-db9-outcome': 'result' },
  })
}

function failure(error) {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return new Response(JSON.stringify({ message }), {
    status: 500,
    headers: { 'content-type': 'application/json', 'x-db9-outcome': 'error' },
  })
}

function withOutcome(response, outcome) {
  const reply = new Response(response.body, response)
  for (const name of [...reply.headers.keys()]) if (INTERNAL_HEADER.test(name)) reply.headers.delete(name)
  reply.headers.set('x-db9-outcome', outcome)
  return reply
}

/** With the frames of the function alone. */
function stackOf(error) {
  const text = error instanceof Error ? (error.stack ?? String(error)) : format(error)
  return text
    .split('\n')
    .filter((line) => !/^\s+at .*\bdb9-(?:main|runner)\.js\b/.test(line))
    .join('\n')
}
