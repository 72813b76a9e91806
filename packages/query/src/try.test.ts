import { readFileSync } from 'node:fs'
import { test } from 'vitest'
import { TestDatabase } from './testing/database.ts'
import { APP_SQL } from './testing/fixtures.ts'

test('try', async () => {
  const db = await TestDatabase.create(
    `${APP_SQL}create type public.pair as (a int, b text); create function public.comp() returns setof public.pair language sql immutable return (1,'x')::public.pair; create function public.rec() returns record language sql immutable as $$ select 1, 'x'::text $$;`,
  )
  const cases = JSON.parse(readFileSync('/tmp/try.json', 'utf8'))
  for (const c of cases) {
    const r = await db.serve(c)
    console.error(`${c.method ?? 'GET'} ${c.url}\n   ${r.status} ${r.body} ${JSON.stringify(r.headers)}`)
  }
  await db.close()
})
