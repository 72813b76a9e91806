/** The page at `/`: what runs here, and what to do first. */
import { page } from './page.ts'

/** Until the script has put the page's own origin in its place. */
const ORIGIN = '<span class="origin">http://localhost:9009</span>'

const BODY = `<main class="landing">
<h1>db9</h1>
<p>Postgres databases over a REST API, and a gateway through which browser apps query them directly.</p>
<ul>
<li><a href="/docs">API reference</a>: the REST API and the data plane, with requests to try</li>
<li><a href="/openapi.json">/openapi.json</a> for generators of clients</li>
<li><a href="/healthz">/healthz</a>: whether all parts serve</li>
</ul>
<h2>First, a token</h2>
<p>The owner of this installation has one in <code>DB9_HOME/credentials</code>. Where anonymous accounts are switched on,
anyone gets one:</p>
<pre><code>DB9=${ORIGIN}
curl -X POST $DB9/customer/anonymous-register</code></pre>
<h2>Then, a database</h2>
<pre><code>TOKEN=…
curl -X POST $DB9/customer/databases -H "Authorization: Bearer $TOKEN" \\
  -H 'Content-Type: application/json' -d '{"name": "myapp"}'</code></pre>
<p>The reply has a connection string for <code>psql</code> and every driver.</p>
<h2>Then, a table and a key that may stand in a page</h2>
<pre><code>curl -X POST $DB9/customer/databases/myapp/sql -H "Authorization: Bearer $TOKEN" \\
  -H 'Content-Type: application/json' -d @- &lt;&lt;'JSON'
{"query": "create table posts (id bigint generated always as identity primary key, title text); alter table posts enable row level security; create policy all_read on posts for select using (true); insert into posts (title) values ('Hello')"}
JSON
curl -X POST $DB9/customer/databases/myapp/publishable-keys -H "Authorization: Bearer $TOKEN" \\
  -H 'Content-Type: application/json' -d '{"name": "web"}'</code></pre>
<h2>Then, the browser</h2>
<pre><code>import { createClient } from '@supabase/supabase-js'
const db = createClient('${ORIGIN}/db/&lt;database_id&gt;', 'db9pk_…')
const { data } = await db.from('posts').select()</code></pre>
</main>`

export const LANDING_PAGE = page('db9', BODY, ['/docs/landing.js'])

export const LANDING_SCRIPT = `for (const each of document.querySelectorAll('.origin')) each.textContent = location.origin
`
