/** The page: signs in, lists, adds, changes and deletes rows. */
import { readConfig } from './config.ts'
import { explain } from './explain.ts'
import { currentSession, type Session, signIn, signOut } from './session.ts'
import { type Todo, todoTable } from './todos.ts'
import { element, renderTodos, type TodoActions } from './view.ts'

const config = readConfig()
const table = todoTable(config, () => currentSession()?.token ?? null)

const signInForm = element('sign-in-form', HTMLFormElement)
const addForm = element('add-form', HTMLFormElement)
const list = element('todo-list', HTMLUListElement)
const status = element('status', HTMLElement)
const problem = element('error', HTMLElement)
const empty = element('empty', HTMLElement)

const actions: TodoActions = {
  change: (id, change) => void attempt('Saving …', () => table.change(id, change)),
  remove: (id) => void attempt('Deleting …', () => table.remove(id)),
}

/** Whose rows the page shows now, and which: one user's rows never stay for the next caller. */
let shown: { user: string | null; todos: Todo[] } = { user: null, todos: [] }

/** Does one thing, then shows the rows as the database has them; after a failure, as they were known before. */
async function attempt(doing: string, work: () => Promise<void>): Promise<boolean> {
  status.textContent = doing
  document.body.ariaBusy = 'true'
  try {
    await work()
    await refresh()
    showProblem('')
    return true
  } catch (error) {
    showCaller(currentSession())
    renderRows()
    status.textContent = ''
    showProblem(await explain(error, config))
    return false
  } finally {
    document.body.ariaBusy = 'false'
  }
}

async function refresh(): Promise<void> {
  const session = currentSession()
  showCaller(session)
  shown.todos = await table.list()
  renderRows()
  const count = shown.todos.length
  empty.hidden = count > 0
  empty.textContent = session
    ? 'Nothing to do. Add your first todo above.'
    : 'Nobody has made a todo public yet.'
  status.textContent = count === 1 ? '1 todo' : `${count} todos`
}

function renderRows(): void {
  renderTodos(list, shown.todos, shown.user === null ? null : actions)
}

/** Shows the forms of a guest or a user, and clears the rows of the caller before. */
function showCaller(session: Session | null): void {
  const user = session?.user ?? null
  if (user !== shown.user) {
    shown = { user, todos: [] }
    renderRows()
    empty.hidden = true
  }
  signInForm.hidden = session !== null
  addForm.hidden = session === null
  element('account', HTMLElement).hidden = session === null
  element('who', HTMLElement).textContent = user ?? ''
  element('role', HTMLElement).textContent = session ? 'authenticated' : 'anon'
  element('list-heading', HTMLElement).textContent = session ? 'Your todos' : 'Public todos'
}

function showProblem(text: string): void {
  problem.textContent = text
  problem.hidden = text === ''
}

signInForm.addEventListener('submit', async (event) => {
  event.preventDefault()
  const username = String(new FormData(signInForm).get('username') ?? '')
  if (await attempt('Signing in …', () => signIn(config.idpUrl, username))) {
    signInForm.reset()
    element('new-title', HTMLInputElement).focus()
  }
})

addForm.addEventListener('submit', async (event) => {
  event.preventDefault()
  const form = new FormData(addForm)
  const title = String(form.get('title') ?? '').trim()
  if (title === '') return
  if (await attempt('Adding …', () => table.add({ title, is_public: form.has('is_public') }))) {
    addForm.reset()
    element('new-title', HTMLInputElement).focus()
  }
})

element('sign-out', HTMLButtonElement).addEventListener('click', () => {
  signOut()
  void attempt('Signing out …', async () => {})
})

showCaller(currentSession())
void attempt('Loading …', async () => {})
