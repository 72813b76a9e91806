/** The page's elements. Texts of users are set as text, never as markup. */
import type { Todo } from './todos.ts'

export function element<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id)
  if (found instanceof kind) return found
  throw new Error(`the page has no ${kind.name} with the id ${id}`)
}

export interface TodoActions {
  change(id: number, change: Partial<Omit<Todo, 'id'>>): void
  remove(id: number): void
}

/** Fills the list. Without actions the rows are to read only. */
export function renderTodos(list: HTMLUListElement, todos: Todo[], actions: TodoActions | null): void {
  const focused = document.activeElement instanceof HTMLElement ? document.activeElement.id : ''
  list.replaceChildren(...todos.map((todo) => (actions ? editableRow(todo, actions) : readOnlyRow(todo))))
  // The rows are new elements: the focus of a keyboard user stays where it was.
  if (focused !== '' && list.contains(document.getElementById(focused))) {
    document.getElementById(focused)?.focus()
  }
}

function row(todo: Todo): HTMLLIElement {
  const item = document.createElement('li')
  item.dataset.testid = 'todo'
  item.dataset.id = String(todo.id)
  item.classList.toggle('done', todo.done)
  return item
}

function readOnlyRow(todo: Todo): HTMLLIElement {
  const item = row(todo)
  const mark = span('mark', todo.done ? '✓' : '')
  mark.setAttribute('role', 'img')
  mark.ariaLabel = todo.done ? 'done' : 'open'
  item.append(mark, title(todo))
  return item
}

function editableRow(todo: Todo, actions: TodoActions): HTMLLIElement {
  const item = row(todo)
  const done = document.createElement('input')
  done.type = 'checkbox'
  done.id = `done-${todo.id}`
  done.checked = todo.done
  done.dataset.testid = 'todo-done'
  done.ariaLabel = `Done: ${todo.title}`
  done.addEventListener('change', () => actions.change(todo.id, { done: done.checked }))

  const share = button('share', todo, todo.is_public ? 'Public' : 'Private')
  share.ariaPressed = String(todo.is_public)
  share.ariaLabel = `Public: ${todo.title}`
  share.addEventListener('click', () => actions.change(todo.id, { is_public: !todo.is_public }))

  const edit = button('edit', todo, 'Edit')
  edit.ariaLabel = `Edit: ${todo.title}`
  edit.addEventListener('click', () => startEditing(item, todo, actions))

  const remove = button('delete', todo, 'Delete')
  remove.ariaLabel = `Delete: ${todo.title}`
  remove.addEventListener('click', () => actions.remove(todo.id))

  const tools = document.createElement('span')
  tools.className = 'tools'
  tools.append(share, edit, remove)
  item.append(done, title(todo), tools)
  return item
}

function startEditing(item: HTMLLIElement, todo: Todo, actions: TodoActions): void {
  const form = document.createElement('form')
  form.className = 'editing'
  const input = document.createElement('input')
  input.type = 'text'
  input.value = todo.title
  input.required = true
  input.maxLength = 200
  input.dataset.testid = 'todo-edit-input'
  input.ariaLabel = `New text of: ${todo.title}`
  const save = button('save', todo, 'Save')
  save.type = 'submit'
  const cancel = button('cancel', todo, 'Cancel')
  const close = () => {
    item.replaceWith(editableRow(todo, actions))
    document.getElementById(`edit-${todo.id}`)?.focus()
  }
  cancel.addEventListener('click', close)
  form.addEventListener('keydown', (event) => event.key === 'Escape' && close())
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const text = input.value.trim()
    if (text !== '') actions.change(todo.id, { title: text })
  })
  form.append(input, save, cancel)
  item.replaceChildren(form)
  input.focus()
  input.select()
}

function title(todo: Todo): HTMLSpanElement {
  const text = span('title', todo.title)
  text.dataset.testid = 'todo-title'
  return text
}

function span(className: string, text: string): HTMLSpanElement {
  const made = document.createElement('span')
  made.className = className
  made.textContent = text
  return made
}

function button(name: string, todo: Todo, text: string): HTMLButtonElement {
  const made = document.createElement('button')
  made.type = 'button'
  made.className = 'quiet'
  made.id = `${name}-${todo.id}`
  made.dataset.testid = `todo-${name}`
  made.textContent = text
  return made
}
