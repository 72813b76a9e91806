/** Names in a key's lists: `posts`, `schema.posts`, and `"a.b"` where a name holds a dot. */

const PART = /"((?:[^"]|"")+)"|([^".]+)/y

/** The parts of a listed name, or null where it has none of these forms. */
export function parseListedName(text: string): string[] | null {
  const parts: string[] = []
  PART.lastIndex = 0
  for (;;) {
    const [, quoted, bare] = PART.exec(text) ?? []
    const part = quoted?.replaceAll('""', '"') ?? bare
    if (part === undefined) return null
    parts.push(part)
    const end = PART.lastIndex
    if (end === text.length) return parts.length <= 2 ? parts : null
    if (text[end] !== '.') return null
    PART.lastIndex = end + 1
  }
}
