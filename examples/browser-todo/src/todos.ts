/** The rows, through supabase-js. No query names a user: row level security adds that, whatever the page asks for. */
import { createClient, type PostgrestError } from '@supabase/supabase-js'
import type { PageConfig } from './config.ts'

export interface Todo {
  id: number
  title: string
  done: boolean
  is_public: boolean
}

export interface TodoTable {
  list(): Promise<Todo[]>
  add(todo: { title: string; is_public: boolean }): Promise<void>
  change(id: number, change: Partial<Omit<Todo, 'id'>>): Promise<void>
  remove(id: number): Promise<void>
}

/** A failed query, with the status it was answered with; 0 where the browser let no answer through. */
export class QueryError extends Error {
  readonly status: number
  readonly hint: string

  constructor(error: PostgrestError, status: number) {
    super(error.message)
    this.name = 'QueryError'
    this.status = status
    this.hint = error.hint ?? ''
  }
}

/** `token` is asked before every request; null means a guest who is not signed in. */
export function todoTable(config: PageConfig, token: () => string | null): TodoTable {
  const client = createClient(config.url, config.key, {
    accessToken: async () => token(),
    // A refused origin looks like a dead network to a page. It is told at once, not after three tries.
    db: { retry: false },
  })
  const todos = () => client.from('todos')
  return {
    async list() {
      const { data, error, status } = await todos()
        .select('id, title, done, is_public')
        .order('done')
        .order('id', { ascending: false })
        .limit(200)
      if (error) throw new QueryError(error, status)
      return data as Todo[]
    },
    async add(todo) {
      const { error, status } = await todos().insert(todo)
      if (error) throw new QueryError(error, status)
    },
    async change(id, change) {
      await touchOne(todos().update(change).eq('id', id).select('id'))
    },
    async remove(id) {
      await touchOne(todos().delete().eq('id', id).select('id'))
    },
  }
}

interface Touched {
  data: unknown[] | null
  error: PostgrestError | null
  status: number
}

/** A row that a policy hides is not an error to SQL, it is only not there; a person wants to know that. */
async function touchOne(query: PromiseLike<Touched>): Promise<void> {
  const { data, error, status } = await query
  if (error) throw new QueryError(error, status)
  if (data?.length === 0) throw new Error('That todo is not there any more, or it is not yours.')
}
