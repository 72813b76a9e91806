/** Splits a text of SQL into its statements, at the semicolons that end one, as psql does. */

/** A statement, and where it begins in the text. */
export interface Statement {
  text: string
  offset: number
}

/**
 * What can hold a semicolon that ends nothing: comments (nested ones are followed by hand), quotes, dollar quotes. In turn:
 * a line comment, the begin of a block comment, an E'' string, a string or a name, a dollar quote, a word, any other character.
 */
const TOKEN =
  /--[^\n]*|\/\*|[eE]'(?:[^'\\]|\\[\s\S]|'')*(?:'|$)|'[^']*(?:'|$)|"[^"]*(?:"|$)|\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*|\d[\w$]*|\s+|[\s\S]/y

/** A routine's body may be statements of its own between BEGIN ATOMIC and END; CASE has an END, too. */
const ROUTINE = /^create(?: or replace)? (?:function|procedure)$/

/** The statements, without those that are blank or comments alone. */
export function splitStatements(text: string): Statement[] {
  const statements: Statement[] = []
  let start = 0
  let isBlank = true
  let parens = 0
  let bodies = 0
  let words: string[] = []
  const add = (end: number) => {
    if (!isBlank) statements.push({ text: text.slice(start, end), offset: start })
    ;[start, isBlank, parens, bodies, words] = [end + 1, true, 0, 0, []]
  }

  for (let at = 0; at < text.length; ) {
    TOKEN.lastIndex = at
    const token = TOKEN.exec(text)?.[0] ?? ''
    const end = endOf(text, at, token)
    if (token === ';' && parens === 0 && bodies === 0) add(at)
    else if (token === '(') parens += 1
    else if (token === ')') parens = Math.max(0, parens - 1)
    else if (/^[a-z]/i.test(token) && !token.includes("'")) {
      const word = token.toLowerCase()
      if (words.length < 4) words.push(word)
      if (isRoutine(words)) bodies = depthAfter(word, bodies)
    }
    if (token !== ';' && !isSpace(token)) isBlank = false
    at = end
  }
  add(text.length)
  return statements
}

const isSpace = (token: string) => /^(?:\s|--|\/\*)/.test(token)

const isRoutine = (words: readonly string[]) =>
  ROUTINE.test(words.slice(0, 2).join(' ')) || ROUTINE.test(words.slice(0, 4).join(' '))

function depthAfter(word: string, depth: number): number {
  if (word === 'begin') return depth + 1
  if (word === 'case' && depth > 0) return depth + 1
  return word === 'end' ? Math.max(0, depth - 1) : depth
}

/** Where what begins with the token ends. What is not closed goes on to the end of the text. */
function endOf(text: string, at: number, token: string): number {
  if (token === '/*') return endOfComment(text, at)
  if (token.length > 1 && token.startsWith('$')) {
    const close = text.indexOf(token, at + token.length)
    return close < 0 ? text.length : close + token.length
  }
  return at + token.length
}

const COMMENT_EDGE = /\/\*|\*\//g

function endOfComment(text: string, at: number): number {
  let depth = 0
  COMMENT_EDGE.lastIndex = at
  for (let edge = COMMENT_EDGE.exec(text); edge; edge = COMMENT_EDGE.exec(text)) {
    depth += edge[0] === '/*' ? 1 : -1
    if (depth === 0) return COMMENT_EDGE.lastIndex
  }
  return text.length
}
