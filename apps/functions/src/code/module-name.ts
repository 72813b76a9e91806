/** Names of modules in a bundle. */

/** Whether it is a path below the bundle that means nothing else to any part of ours. */
export function isModuleName(name: string): boolean {
  if (/^[/\\]|(?:^|[/\\])\.\.(?:[/\\]|$)|\\|\0|^[a-z]:/i.test(name)) return false
  return !name.startsWith('db9-') && !/(?:^|\/)__proto__(?:[./]|$)/.test(name)
}
