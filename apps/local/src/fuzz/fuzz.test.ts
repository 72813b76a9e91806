/**
 * Mutations of good requests, tokens and names against a whole stack. A short run is part of the suite; `pnpm fuzz`
 * runs the whole, `DB9_TEST_FUZZ_SEED` repeats one.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type EdgeStack, startEdgeStack } from '../testing/edge.ts'
import { callerTexts, strangeness } from '../testing/statements.ts'
import { identifier, mutate } from './mutate.ts'
import { seeded } from './random.ts'
import { inParallel, type RawReply, type RawRequest, requestSender } from './send.ts'

const WHOLE = { requests: 50_000, tokens: 10_000, identifiers: 100_000 }
const SHORT = { requests: 1_500, tokens: 500, identifiers: 1_500 }
const COUNTS = process.env.DB9_TEST_FUZZ === 'whole' ? WHOLE : SHORT
const SEED = Number(process.env.DB9_TEST_FUZZ_SEED ?? 1)
const TIME_LIMIT_MS = 20 * 60_000
const AT_ONCE = 12
/** Statements are looked at this often, since Postgres keeps count of some thousand texts only. */
const LOOK_EVERY = 2_000

const SCHEMA = `
  create table notes (id int primary key, title text, tags text[], data jsonb, made timestamptz default now());
  create table comments (id int primary key, note_id int references notes, body text);
  alter table notes enable row level security;
  alter table comments enable row level security;
  create policy open on notes using (true) with check (true);
  create policy open on comments using (true) with check (true);
  insert into notes values (1, 'Hello', '{a,b}', '{"a":{"b":1}}');
  insert into comments values (1, 1, 'First');
  create function add(a int, b int) returns int language sql immutable as 'select a + b';
  create table hidden (secret text);
  insert into hidden values ('never-to-be-shown');
`
const NAMES = [
  'notes',
  'comments',
  'id',
  'title',
  'tags',
  'data',
  'made',
  'note_id',
  'body',
  'add',
  'a',
  'b',
  'hidden',
]
/** What a statement may quote: our names, and those of types that the schema uses. */
const KNOWN = new Set([
  ...NAMES,
  'public',
  'pg_catalog',
  'int4',
  'text',
  '_text',
  'jsonb',
  'timestamptz',
  'bool',
  'json',
])

const READS = [
  'notes?select=id,title&id=eq.1&order=title.desc.nullslast&limit=2&offset=0',
  'notes?select=*,comments(id,body)&comments.body=like.*a*&comments.order=id',
  'notes?select=id,alias:title,data->a->>b,tags&tags=cs.{a}&data->>a=not.is.null',
  'notes?or=(id.in.(1,2,3),and(title.ilike.h*,id.gte.0))&title=fts(english).hello',
  'comments?select=id,...notes!inner(title)&notes.id=eq.1',
  'rpc/add?a=1&b=2',
]
const WRITES: [string, string, string][] = [
  ['POST', 'notes?columns=id,title', '[{"id":10,"title":"x"},{"id":11,"title":null}]'],
  ['POST', 'notes?on_conflict=id', '{"id":1,"title":"again","data":{"a":[1,2]}}'],
  ['PATCH', 'notes?id=eq.10', '{"title":"y"}'],
  ['PUT', 'notes?id=eq.12', '{"id":12,"title":"z","tags":["t"],"data":null,"made":"2026-01-01"}'],
  ['DELETE', 'notes?id=gt.9', ''],
  ['POST', 'rpc/add', '{"a":1,"b":2}'],
]
const HEADERS: Record<string, readonly string[]> = {
  prefer: [
    'return=representation',
    'count=exact, handling=strict',
    'resolution=merge-duplicates',
    'tx=rollback',
    'max-affected=1',
  ],
  accept: [
    'application/json',
    'text/csv',
    'application/vnd.pgrst.object+json',
    'application/vnd.pgrst.plan',
    '*/*;q=0.1',
  ],
  range: ['0-1', 'items=5-2', '-', '0-99999999999999999999'],
  'content-type': [
    'application/json',
    'text/csv',
    'application/x-www-form-urlencoded',
    'application/octet-stream',
  ],
  'accept-profile': ['public', 'pg_catalog', 'auth'],
  'content-profile': ['public', 'db9'],
}

let edge: EdgeStack
let sender: ReturnType<typeof requestSender>
beforeAll(async () => {
  edge = await startEdgeStack(SCHEMA)
  sender = requestSender(edge.url)
})
afterAll(async () => {
  sender?.close()
  await edge?.dispose()
})

const address = (path: string) => `/db/${edge.databaseId}/rest/v1/${path}`

/** Sends them all; gives what should not have come back, and what ran that is none of ours. */
async function fire(
  count: number,
  make: (index: number) => RawRequest,
  isFine: (hit: RawReply) => boolean,
): Promise<string[]> {
  const problems: string[] = []
  const look = async () => {
    for (const text of await callerTexts(edge, edge.databaseId)) {
      const strange = strangeness(text, KNOWN)
      if (strange !== null) problems.push(strange)
    }
  }
  await inParallel(count, AT_ONCE, async (index) => {
    const request = make(index)
    const hit = await sender.send(request)
    const isLeak = hit.text.includes('never-to-be-shown')
    if (hit.status >= 500 || isLeak || !isFine(hit)) {
      problems.push(
        `${index}: ${request.method} ${request.path} ${request.body.slice(0, 200)} -> ${hit.status} ${hit.text.slice(0, 300)}`,
      )
    }
    if (index % LOOK_EVERY === LOOK_EVERY - 1) await look()
  })
  await look()
  // Still the same stack: nothing crashed on the way, and a good request is answered.
  const good = await sender.send({
    method: 'GET',
    path: address('notes?limit=1'),
    headers: { apikey: edge.key },
    body: '',
  })
  if (good.status !== 200) problems.push(`afterwards: ${good.status} ${good.text}`)
  return [...new Set(problems)].slice(0, 20)
}

test(
  `${COUNTS.requests} mutated requests: no 5xx, no statement that is not ours`,
  async () => {
    const random = seeded(SEED)
    const make = (): RawRequest => {
      const [method, path, body] = random.int(2) === 0 ? ['GET', random.pick(READS), ''] : random.pick(WRITES)
      const headers: Record<string, string> = { apikey: edge.key, 'content-type': 'application/json' }
      for (const [name, values] of Object.entries(HEADERS)) {
        if (random.int(6) > 0) continue
        const value = random.int(3) === 0 ? mutate(random.pick(values), random) : random.pick(values)
        headers[name] = value.replace(/[^\x20-\x7e]/g, '?')
      }
      return {
        method:
          random.int(12) === 0
            ? random.pick(['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE', 'OPTIONS'])
            : method,
        path: address(random.int(4) > 0 ? mutate(path, random) : path),
        headers,
        body: random.int(2) === 0 ? mutate(body, random) : body,
      }
    }
    expect(await fire(COUNTS.requests, make, () => true)).toEqual([])
  },
  TIME_LIMIT_MS,
)

test(
  `${COUNTS.tokens} mutated tokens: each is 401`,
  async () => {
    const random = seeded(SEED)
    const tokens = await Promise.all(['ada', 'eve'].map((subject) => edge.idp.token(subject)))
    const make = (): RawRequest => {
      const jwt = mutateToken(random.pick(tokens), random)
      const headers = { apikey: edge.key, authorization: `Bearer ${jwt}` }
      return { method: 'GET', path: address('notes?limit=1'), headers, body: '' }
    }
    const mutateToken = (jwt: string, from: typeof random): string => {
      for (;;) {
        const parts = jwt.split('.')
        const at = from.int(parts.length)
        const part = parts[at] ?? ''
        // Either the characters of a part, or the JSON in it; header values carry printable ASCII only.
        const isText = at < 2 && from.int(2) === 0
        parts[at] = isText
          ? Buffer.from(mutate(Buffer.from(part, 'base64url').toString(), from)).toString('base64url')
          : mutate(part, from).replace(/[^\x21-\x7e]/g, '')
        const mutated = parts.join('.')
        if (!tokens.includes(mutated)) return mutated
      }
    }
    expect(await fire(COUNTS.tokens, make, ({ status }) => status === 401)).toEqual([])
  },
  TIME_LIMIT_MS,
)

test(
  `${COUNTS.identifiers} identifiers in every place that takes one: no 5xx, no statement that is not ours`,
  async () => {
    const random = seeded(SEED)
    const places: ((name: string) => Partial<RawRequest>)[] = [
      (name) => ({ path: name }),
      (name) => ({ path: `notes?select=${name}` }),
      (name) => ({ path: `notes?select=id,${name}(*)` }),
      (name) => ({ path: `notes?select=id,comments!${name}(id)` }),
      (name) => ({ path: `notes?${name}=eq.1` }),
      (name) => ({ path: `notes?order=${name}` }),
      (name) => ({ path: `rpc/${name}?a=1` }),
      (name) => ({ path: `rpc/add?${name}=1&b=2` }),
      (name) => ({ path: `notes?columns=${name}`, method: 'POST', body: '{"id":1}' }),
      (name) => ({ path: `notes?on_conflict=${name}`, method: 'POST', body: '{"id":1}' }),
    ]
    const make = (): RawRequest => {
      const name = identifier(NAMES, random)
      const written = random.int(2) === 0 ? encodeURIComponent(name.toWellFormed()) : name
      const request = random.pick(places)(written)
      const headers = { apikey: edge.key, 'content-type': 'application/json' }
      return { method: 'GET', body: '', headers, ...request, path: address(request.path ?? '') }
    }
    expect(await fire(COUNTS.identifiers, make, () => true)).toEqual([])
  },
  TIME_LIMIT_MS,
)
