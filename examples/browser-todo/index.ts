/** The example for other programs: tests. */
export { type IdentityProvider, startIdentityProvider } from './idp.ts'
export { type PreparedTodo, type PrepareOptions, prepareTodo } from './prepare.ts'
export { type ServedTodo, type ServeOptions, serveTodo } from './serve.ts'
