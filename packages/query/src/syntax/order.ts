/** Parses order terms. */
import { type Field, readField, readName } from './field.ts'
import { type Reader, readItems } from './reader.ts'

export interface OrderTerm {
  /** The embedded to-one resource whose field orders, `parent(name)`; null for a field of its own. */
  relation: string | null
  field: Field
  direction: 'asc' | 'desc' | null
  nulls: 'first' | 'last' | null
}

/** `name.desc.nullslast,parent(name),data->>a.asc` */
export function readOrder(reader: Reader): OrderTerm[] {
  const terms = readItems(reader, readTerm)
  if (!reader.atEnd) reader.fail('"," or end of input', "'")
  return terms
}

function readTerm(reader: Reader): OrderTerm {
  const related = reader.attempt(() => {
    const relation = readName(reader)
    reader.expect('(')
    const field = readField(reader)
    reader.expect(')')
    return { relation, field }
  })
  const { relation, field } = related ?? { relation: null, field: readField(reader) }
  const direction = reader.take('.asc') ? 'asc' : reader.take('.desc') ? 'desc' : null
  const nulls = reader.take('.nullsfirst') ? 'first' : reader.take('.nullslast') ? 'last' : null
  if (reader.startsWith('.')) {
    reader.position += 1
    reader.fail(
      direction === null ? '"asc", "desc", "nullsfirst" or "nullslast"' : '"nullsfirst" or "nullslast"',
    )
  }
  return { relation, field, direction, nulls }
}
