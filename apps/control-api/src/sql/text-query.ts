/** A query whose results stay text, with the columns of every statement. */
import type { Connection, DatabaseError, Submittable } from 'pg'

export interface Field {
  name: string
  dataTypeID: number
  dataTypeModifier: number
}

/** What one statement gave, in Postgres' text format. */
export interface TextResult {
  fields: Field[]
  rows: (string | null)[][]
  /** `SELECT`, `INSERT`, `CREATE TABLE`, …; empty for an empty statement. */
  command: string
  /** Rows that the statement says it returned or changed. */
  affected: number
}

export interface TextQuery {
  text: string
  /** Null: the simple protocol, which takes several statements. Otherwise the extended one, which takes one. */
  params: (string | null)[] | null
}

export interface TextOutcome {
  results: TextResult[]
  /** The direction of a COPY, which is refused; null where there was none. */
  copy: 'in' | 'out' | null
  /** The text has begun a transaction and not ended it. */
  isTransactionOpen: boolean
}

/** An error of a text, with how many of its statements were done before. */
export interface TextError extends DatabaseError {
  completed?: number
}

/** Methods that pg's Connection has and its types leave out. */
interface WireConnection {
  query(text: string): void
  parse(message: { text: string; name: string; types: number[] }): void
  bind(message: { portal: string; statement: string; values: (string | null)[] }): void
  describe(message: { type: 'P'; name: string }): void
  execute(message: { portal: string; rows: number }): void
  sync(): void
  sendCopyFail(message: string): void
  on(event: 'readyForQuery', listener: (message: { status: string }) => void): void
}

const TAG = /^([A-Z ]+?)(?: (\d+))?(?: (\d+))?$/

/**
 * A query that `client.query` can submit, as pg-cursor is. It gives what pg's own Query does not: values as text, every
 * statement's columns, and a refusal of COPY that does not hang.
 */
export class TextSubmission implements Submittable {
  readonly done: Promise<TextOutcome>
  readonly #query: TextQuery
  readonly #onRow: () => void
  readonly #outcome: TextOutcome = { results: [], copy: null, isTransactionOpen: false }
  #fields: Field[] = []
  #rows: (string | null)[][] = []
  #resolve: (outcome: TextOutcome) => void = () => {}
  #reject: (error: Error) => void = () => {}

  constructor(query: TextQuery, onRow: () => void) {
    this.#query = query
    this.#onRow = onRow
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  submit(connection: Connection): void {
    const wire = connection as unknown as WireConnection
    wire.on('readyForQuery', this.#onReady)
    const { text, params } = this.#query
    if (params === null) {
      wire.query(text)
      return
    }
    wire.parse({ text, name: '', types: [] })
    wire.bind({ portal: '', statement: '', values: params })
    wire.describe({ type: 'P', name: '' })
    wire.execute({ portal: '', rows: 0 })
    wire.sync()
  }

  /** I: no transaction, T: in one, E: in one that failed (protocol-message-formats, ReadyForQuery). */
  readonly #onReady = ({ status }: { status: string }): void => {
    this.#outcome.isTransactionOpen = status !== 'I'
  }

  handleRowDescription({ fields }: { fields: Field[] }): void {
    this.#fields = fields
  }

  handleDataRow({ fields }: { fields: (string | null)[] }): void {
    this.#rows.push(fields)
    this.#onRow()
  }

  handleCommandComplete({ text }: { text: string }): void {
    const [, command = text, first, second] = TAG.exec(text) ?? []
    this.#add(command, Number(second ?? first ?? 0))
  }

  handleEmptyQuery(): void {
    this.#add('', 0)
  }

  handlePortalSuspended(): void {}

  handleCopyInResponse(connection: WireConnection): void {
    this.#outcome.copy = 'in'
    connection.sendCopyFail('COPY FROM STDIN is not available here')
  }

  handleCopyData(): void {
    this.#outcome.copy = 'out'
  }

  handleError(error: DatabaseError): void {
    if (this.#outcome.copy) this.#resolve(this.#outcome)
    else
      this.#reject(
        Object.assign<DatabaseError, Pick<TextError, 'completed'>>(error, {
          completed: this.#outcome.results.length,
        }),
      )
  }

  handleReadyForQuery(): void {
    this.#resolve(this.#outcome)
  }

  #add(command: string, affected: number): void {
    this.#outcome.results.push({ fields: this.#fields, rows: this.#rows, command, affected })
    this.#fields = []
    this.#rows = []
  }
}
