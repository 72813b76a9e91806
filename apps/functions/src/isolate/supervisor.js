/**
 * The one Worker that a runtime process of a database starts with: loads each version of a function as an isolate of its own,
 * and passes on what isolates ask of the host. Nothing of a caller is kept here: an isolate's environment is fixed when it
 * is loaded.
 */
import { WorkerEntrypoint } from 'cloudflare:workers'

const INTERNAL_HEADER = /^x-db9-/i

/** SQL of a run, by the run's token. */
export class Db extends WorkerEntrypoint {
  async query(token, sql, params) {
    const reply = await this.env.HOST.fetch('http://host/db', {
      method: 'POST',
      body: JSON.stringify({ token, sql, params }),
    })
    return reply.json()
  }
}

/** What an isolate's `fetch` reaches: the host, which decides by the version's list. */
export class Egress extends WorkerEntrypoint {
  fetch(request) {
    const headers = new Headers()
    for (const [name, value] of request.headers) if (!INTERNAL_HEADER.test(name)) headers.append(name, value)
    headers.set('x-db9-target', request.url)
    headers.set('x-db9-version', this.ctx.props.version)
    return this.env.HOST.fetch('http://host/egress', {
      method: request.method,
      headers,
      body: request.body,
      redirect: 'manual',
    })
  }
}

export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url)
    if (pathname === '/ping') return new Response('pong')
    if (pathname === '/room') return new Response(null, { status: hasRoom() ? 204 : 507 })
    const version = request.headers.get('x-db9-version')
    const load = () => loadVersion(version, env, ctx)
    // A version that is only tried is given back at once.
    const stub = pathname === '/check' ? env.LOADER.load(await load()) : env.LOADER.get(version, load)
    const target = new Request(request.headers.get('x-db9-url') ?? request.url, request)
    target.headers.delete('x-db9-url')
    target.headers.delete('x-db9-version')
    try {
      return await stub.getEntrypoint().fetch(target)
    } catch (error) {
      return Response.json(
        { message: String(error?.message ?? error) },
        { status: 500, headers: { 'x-db9-outcome': 'failure' } },
      )
    }
  },
}

const ROOM_BYTES = 32 * 2 ** 20

/** Whether the process can still take memory. What code holds outside its heap is freed with its isolate's garbage, if ever. */
function hasRoom() {
  try {
    // Given back at once.
    new ArrayBuffer(ROOM_BYTES).transfer(0)
    return true
  } catch {
    return false
  }
}

async function loadVersion(version, env, ctx) {
  const reply = await env.HOST.fetch(`http://host/version?key=${encodeURIComponent(version)}`)
  if (!reply.ok) throw new Error('the version is not there')
  const { modules, secrets, entry, hasNetwork, compatibilityDate } = await reply.json()
  return {
    compatibilityDate,
    compatibilityFlags: ['nodejs_compat'],
    mainModule: 'db9-main.js',
    modules: Object.fromEntries(Object.entries(modules).map(([name, module]) => [name, toModule(module)])),
    env: { ...secrets, __db9: { DB: ctx.exports.Db({ props: {} }), entry } },
    globalOutbound: hasNetwork ? ctx.exports.Egress({ props: { version } }) : null,
  }
}

function toModule({ kind, content }) {
  if (kind === 'data' || kind === 'wasm')
    return { [kind]: Uint8Array.from(atob(content), (character) => character.charCodeAt(0)).buffer }
  return { [kind]: kind === 'json' ? JSON.parse(content) : content }
}
