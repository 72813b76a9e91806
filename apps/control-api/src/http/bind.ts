/** Gives handlers what they use, so that a route sees the request alone. */

type Bound<Handlers> = {
  [Name in keyof Handlers]: Handlers[Name] extends (deps: never, call: infer Call) => infer Answer
    ? (call: Call) => Answer
    : never
}

/** The handlers of a resource over its dependencies. Each handler's own type says what it uses of them. */
export function bind<Deps, Handlers extends Record<string, (deps: Deps, call: never) => unknown>>(
  deps: Deps,
  handlers: Handlers,
): Bound<Handlers> {
  const entries = Object.entries(handlers).map(([name, handle]) => [
    name,
    (call: never) => handle(deps, call),
  ])
  return Object.fromEntries(entries)
}
