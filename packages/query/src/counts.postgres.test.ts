/** Totals tell no more of hidden rows than the rows themselves do. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TestDatabase } from './testing/database.ts'
import { APP_SQL } from './testing/fixtures.ts'
import type { TestRequest } from './testing/requests.ts'

const SCHEMA = `
create table public.officers (id int primary key, email text, pay int, published boolean not null);
create table public.desks (id int primary key, officer_id int references public.officers);
alter table public.officers enable row level security;
alter table public.desks enable row level security;
create policy s on public.officers using (published);
create policy s on public.desks using (true);
insert into public.officers select g, 'ceo@corp', 900000, false from generate_series(1, 300) g;
insert into public.officers select g, 'user' || g || '@corp', g, true from generate_series(301, 600) g;
insert into public.desks select g, g from generate_series(1, 600) g;
create view public.published with (security_invoker = true) as select * from public.officers;
create table public.plain_staff (id int primary key, email text, published boolean);
insert into public.plain_staff select id, email, published from public.officers;
create view public.plain_view as select id, email from public.plain_staff where published;
create function public.desk_count(public.officers) returns bigint language sql stable
  begin atomic select count(*) from public.desks d where d.officer_id = $1.id; end;
analyze public.officers, public.desks, public.plain_staff;
`

let database: TestDatabase
beforeAll(async () => {
  database = await TestDatabase.create(APP_SQL + SCHEMA)
})
afterAll(() => database.close())

async function total(url: string, count: string, more: Partial<TestRequest> = {}): Promise<string> {
  const { headers } = await database.serve({ url, headers: { prefer: `count=${count}` }, ...more })
  return new Headers(headers).get('content-range')?.split('/')[1] ?? ''
}

describe.each(['planned', 'estimated'])('count=%s', (count) => {
  test.each([
    'officers?email=eq.ceo@corp',
    'officers?pay=gte.900000',
    'officers?or=(email.eq.ceo@corp,email.eq.nobody)',
    'published?email=eq.ceo@corp',
    'desks?select=id,officers!inner(id)&officers.email=eq.ceo@corp',
    'officers?desk_count=eq.77&pay=gte.900000',
  ])('of %s is what may be seen', async (url) => {
    expect([await total(url, count), await total(url, 'exact')]).toEqual(['0', '0'])
  })

  test('of a view that reads with its owner’s rights is too', async () => {
    const policy = { requireRls: false }
    expect(await total('plain_view?email=eq.ceo@corp', count, { policy })).toBe('0')
  })

  test('is right for what may be seen, as far as one page', async () => {
    expect(await total('officers', count)).toBe('300')
    expect(await total('officers', count, { settings: { max_rows: 100 } })).toBe('101')
    expect(await total('officers?offset=250', count, { settings: { max_rows: 100 } })).toBe('300')
  })
})

test('where plans may be seen, the planner is asked, and it knows of hidden rows', async () => {
  const settings = { plan_enabled: true }
  expect(await total('officers?email=eq.ceo@corp', 'planned', { settings })).not.toBe('0')
})
