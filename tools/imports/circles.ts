/** Finds import circles: sets of files of which each imports each, directly or through others of the set (Tarjan 1972). */

/** From each file to the files that it imports. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>

/** The strongly connected components of at least two files, the largest first, each sorted by name. */
export function findCircles(graph: ImportGraph): string[][] {
  const index = new Map<string, number>()
  const low = new Map<string, number>()
  const onStack = new Set<string>()
  const stack: string[] = []
  const circles: string[][] = []

  const visit = (file: string): void => {
    const own = index.size
    index.set(file, own)
    low.set(file, own)
    stack.push(file)
    onStack.add(file)
    for (const target of graph.get(file) ?? []) {
      if (!index.has(target)) {
        visit(target)
        low.set(file, Math.min(low.get(file) ?? own, low.get(target) ?? own))
      } else if (onStack.has(target)) {
        low.set(file, Math.min(low.get(file) ?? own, index.get(target) ?? own))
      }
    }
    if (low.get(file) !== own) return
    const component = stack.splice(stack.indexOf(file))
    for (const member of component) onStack.delete(member)
    if (component.length > 1) circles.push(component.sort())
  }

  for (const file of graph.keys()) if (!index.has(file)) visit(file)
  return circles.sort((a, b) => b.length - a.length)
}
