/** Functions, called by a key through the gateway: the first call of a database, of a version, and of a version that is loaded. */
import type { Announced } from './children.ts'
import { percentiles } from './percentiles.ts'
import type { Measure } from './report.ts'
import { restClient, textField } from './rest.ts'

export interface FunctionsOptions {
  stack: Announced
  say(text: string): void
}

const DATABASES = 10
const VERSIONS = 40
const CALLS = 500

const ECHO = 'exports.handler = (input) => input'
const WITH_SQL = 'exports.handler = async (_, ctx) => (await ctx.db.query("select 1")).rows'

export async function measureFunctions({ stack, say }: FunctionsOptions): Promise<Measure[]> {
  const url = String(stack.url)
  const rest = restClient({ url, token: String(stack.token) })

  const prepare = async (name: string) => {
    const id = textField(await rest('POST', '/customer/databases', { name }), 'id')
    const at = `/customer/databases/${id}`
    const limits = { rate_limit: { rps: 100_000, burst: 100_000 } }
    const apikey = textField(await rest('POST', `${at}/publishable-keys`, limits), 'publishable_key')
    const deploy = (function_name: string, code: string) =>
      rest('POST', `${at}/functions`, {
        name: function_name,
        entrypoint: 'index.handler',
        bundle_ref: `data:,${encodeURIComponent(code)}`,
        visibility: 'public',
      })
    const call = async (function_name: string): Promise<number> => {
      const started = performance.now()
      const init = { method: 'POST', headers: { apikey, 'content-type': 'application/json' }, body: '1' }
      const reply = await fetch(`${url}/db/${id}/functions/v1/${function_name}`, init)
      await reply.text()
      if (!reply.ok) throw new Error(`the function answered ${reply.status}`)
      return performance.now() - started
    }
    return { deploy, call }
  }

  say(`Functions: ${VERSIONS} versions, ${CALLS} calls …`)
  const { deploy, call } = await prepare('functions')
  await deploy('echo', ECHO)
  await deploy('sql', WITH_SQL)
  // The key's configuration and the database are warm from here on.
  await call('echo')
  await call('sql')
  const isolates: number[] = []
  for (let i = 0; i < VERSIONS; i++) {
    await deploy(`version-${i}`, `${ECHO} // ${i}`)
    isolates.push(await call(`version-${i}`))
  }
  const warm: number[] = []
  const sql: number[] = []
  for (let i = 0; i < CALLS; i++) warm.push(await call('echo'))
  for (let i = 0; i < CALLS; i++) sql.push(await call('sql'))

  say(`Functions: ${DATABASES} databases without a runtime …`)
  const processes: number[] = []
  for (let i = 0; i < DATABASES; i++) {
    const other = await prepare(`functions-${i}`)
    // The check of a deploy starts a runtime, which ends once it has been idle for a minute.
    const started = performance.now()
    await other.deploy('echo', ECHO)
    processes.push(performance.now() - started)
  }
  return [
    ...percentiles('Function: deploy with the start of a runtime', processes),
    ...percentiles('Function: first call of a version', isolates),
    ...percentiles('Function: call of a loaded version', warm),
    ...percentiles('Function: the same with one statement', sql),
  ]
}
