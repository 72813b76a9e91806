/** Parses names of fields with JSON paths. */
import { errors } from '../errors.ts'
import { type Reader, readItems } from './reader.ts'

/** A column, or a place inside a JSON column: `data->a->>0`. */
export interface Field {
  name: string
  path: readonly JsonStep[]
}

export interface JsonStep {
  arrow: '->' | '->>'
  key: string | number
}

// A dash belongs to the name unless it begins an arrow.
const NAME = /[\p{L}\p{N}_ $]+(?:-(?!>)[\p{L}\p{N}_ $]+)*/uy
const QUOTED = /"(?:[^"\\]|\\.)*"/suy
const JSON_KEY = /[^(\-:.,>)]+(?:-(?!>)[^(\-:.,>)]+)*/uy
const JSON_INDEX = /-?\d{1,9}(?=->|::|[.,)]|$)/uy

export const EXPECT_NAME = 'field name (* or [a..z0..9_$])'

/** A double-quoted value with `\"` and `\\` inside, or null. */
export function takeQuoted(reader: Reader): string | null {
  const quoted = reader.takeMatch(QUOTED)
  return quoted === null ? null : quoted.slice(1, -1).replace(/\\(.)/gsu, '$1')
}

export function takeName(reader: Reader): string | null {
  if (reader.startsWith('"')) return takeQuoted(reader)
  const name = reader.takeMatch(NAME)
  return name === null ? null : name.trim() || null
}

export function readName(reader: Reader): string {
  return takeName(reader) ?? reader.fail(EXPECT_NAME)
}

export function readField(reader: Reader): Field {
  reader.skipSpace()
  const name = readName(reader)
  const path = readJsonPath(reader)
  reader.skipSpace()
  return { name, path }
}

/** Each step leads to a value of its own, which is kept until the row is done. */
const MAX_STEPS = 32

export function readJsonPath(reader: Reader): JsonStep[] {
  const path: JsonStep[] = []
  for (;;) {
    const arrow = reader.take('->>') ? '->>' : reader.take('->') ? '->' : null
    if (arrow === null) return path
    if (path.length === MAX_STEPS) throw errors.pathTooLong(MAX_STEPS)
    path.push({ arrow, key: readJsonKey(reader) })
  }
}

function readJsonKey(reader: Reader): string | number {
  const index = reader.takeMatch(JSON_INDEX)
  if (index !== null) return Number(index)
  if (reader.startsWith('-')) {
    reader.position += 1
    const digits = reader.takeMatch(/\d+/uy)
    reader.fail(digits === null ? 'digit' : 'digit, "->", "::", ".", "," or end of input')
  }
  const key = reader.startsWith('"') ? takeQuoted(reader) : reader.takeMatch(JSON_KEY)?.trim()
  return key ?? reader.fail('"-", digit or any non reserved character different from: .,>()')
}

/** Names with commas between them: `columns` and `on_conflict`. */
export function readNames(reader: Reader): string[] {
  return readItems(reader, readName)
}

/** The embedded resources that a key walks through, and the field it ends in: `child.grandchild.data->>a`. */
export function readTreePath(reader: Reader): { path: string[]; field: Field } {
  const names = [readName(reader)]
  while (reader.take('.')) names.push(readName(reader))
  const name = names.pop() ?? reader.fail(EXPECT_NAME)
  return { path: names, field: { name, path: readJsonPath(reader) } }
}
