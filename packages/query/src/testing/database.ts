import { readFileSync } from 'node:fs'
import pg from 'pg'
import { inject } from 'vitest'
import type { Catalog } from '../catalog/catalog.ts'
import { catalogBatch, versionBatch } from '../catalog/catalog-batch.ts'
import { parseCatalog } from '../catalog/parse-catalog.ts'
import type { Batch, RestResponse } from '../contract.ts'
import { QueryError } from '../errors.ts'
import type { Plan } from '../plan/plan.ts'
import { fromPostgresError, isCatalogMiss, isStaleCatalog } from '../response/postgres-error.ts'
import { toErrorResponse, toResponse } from '../response/response.ts'
import { toBatch } from '../sql/statement.ts'
import { planOf, SESSION, SETTINGS, type TestRequest } from './requests.ts'

/** Values as the wire has them: text. */
const RAW_TEXT = { getTypeParser: () => (value: string) => value }

/** A database of its own on the run's server, and a gateway of a few lines before it. */
export class TestDatabase {
  readonly name: string
  readonly #admin: pg.Client
  readonly #client: pg.Client
  catalog: Catalog

  private constructor(name: string, admin: pg.Client, client: pg.Client, catalog: Catalog) {
    this.name = name
    this.#admin = admin
    this.#client = client
    this.catalog = catalog
  }

  static async create(sql: string): Promise<TestDatabase> {
    const name = `test_${crypto.randomUUID().replaceAll('-', '')}`
    const root = await connect('postgres', 'postgres')
    await root.query(`create database ${name} template postgres`).finally(() => root.end())
    const admin = await connect('postgres', name)
    await admin.query(sql)
    const client = await connect('authenticator', name)
    return new TestDatabase(name, admin, client, await readCatalog(client))
  }

  /** Runs SQL as the database's superuser. */
  async sql(text: string): Promise<Record<string, unknown>[]> {
    const result = await this.#admin.query(text)
    return result.rows
  }

  async refresh(): Promise<void> {
    this.catalog = await readCatalog(this.#client)
  }

  async catalogText(): Promise<string> {
    return readCatalogText(this.#client)
  }

  async run(batch: Batch): Promise<(string | null)[]> {
    return runBatch(this.#client, batch)
  }

  plan(request: TestRequest): Plan {
    return planOf(request, this.catalog)
  }

  /** Serves a request as the gateway does; `refresh` makes a stale plan again once, `rollback` leaves no trace. */
  async serve(
    request: TestRequest,
    options: { refresh?: boolean; rollback?: boolean } = {},
  ): Promise<RestResponse> {
    const settings = { ...SETTINGS, ...request.settings }
    const session = { ...SESSION, ...request.session }
    try {
      const plan = this.plan(request)
      try {
        const batch = toBatch(plan, session, settings, this.catalog.version)
        return toResponse(plan, await this.run({ ...batch, rollback: batch.rollback || !!options.rollback }))
      } catch (error) {
        if (!(error instanceof pg.DatabaseError)) throw error
        if (options.refresh && isStaleCatalog(error)) {
          await this.refresh()
          return this.serve(request)
        }
        return toErrorResponse(fromPostgresError(error, { role: session.role, plan }))
      }
    } catch (error) {
      if (!(error instanceof QueryError)) throw error
      if (options.refresh && isCatalogMiss(error) && (await this.#isStale())) {
        await this.refresh()
        return this.serve(request)
      }
      return toErrorResponse(error)
    }
  }

  async #isStale(): Promise<boolean> {
    const [version] = await this.run(versionBatch())
    return version !== this.catalog.version
  }

  /** Serves a request on a session of its own and tells the most memory (MiB) that its process took; null off Linux. */
  async measure(request: TestRequest): Promise<{ reply: RestResponse; mebibytes: number | null }> {
    const client = await connect('authenticator', this.name)
    try {
      const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
      const reply = await new TestDatabase(this.name, this.#admin, client, this.catalog).serve(request, {
        rollback: true,
      })
      return { reply, mebibytes: peakOf(rows[0]?.pid ?? 0) }
    } finally {
      await client.end()
    }
  }

  async close(): Promise<void> {
    await this.#client.end()
    await this.#admin.end()
  }
}

/** proc_pid_status(5): the peak of the resident set, in kB. */
function peakOf(pid: number): number | null {
  if (process.platform !== 'linux') return null
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) / 1024
}

async function connect(user: string, database: string): Promise<pg.Client> {
  const client = new pg.Client({ host: inject('postgresSocket'), user, database })
  await client.connect()
  return client
}

async function readCatalog(client: pg.Client): Promise<Catalog> {
  return parseCatalog(await readCatalogText(client))
}

async function readCatalogText(client: pg.Client): Promise<string> {
  const [text] = await runBatch(client, catalogBatch())
  return text ?? ''
}

async function runBatch(client: pg.Client, batch: Batch): Promise<(string | null)[]> {
  await client.query(
    `begin isolation level ${batch.isolation} ${batch.readOnly ? 'read only' : 'read write'}`,
  )
  try {
    let row: (string | null)[] = []
    for (const { text, params } of batch.statements) {
      const result = await client.query<(string | null)[]>({
        text,
        values: params,
        rowMode: 'array',
        types: RAW_TEXT,
      })
      row = result.rows[0] ?? []
    }
    await client.query(batch.rollback ? 'rollback' : 'commit')
    return row
  } catch (error) {
    await client.query('rollback')
    throw error
  }
}
