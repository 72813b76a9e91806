/** What a caller sent, as far as an error may quote it back. */
import type { Plan } from '../plan/plan.ts'
import { mainParams } from '../sql/statement.ts'

/** Longer values are told only where they are all of a parameter. */
const MAX_LENGTH = 1000
const MAX_PLACES = 10_000
/** What may stand beside a value in JSON, in lists and arrays, ranges and rows. */
const EDGE = /[\s,:;"'()[\]{}]/

/** Whether the value is a parameter of the request, or a whole value in one. */
export function isSent(value: string, plan: Plan): boolean {
  if (value === '') return true
  const inJson = JSON.stringify(value).slice(1, -1)
  return [...mainParams(plan), plan.preferences.timezone].some(
    (text) =>
      text !== null && (text === value || holds(text, value) || (inJson !== value && holds(text, inJson))),
  )
}

function holds(text: string, value: string): boolean {
  if (value.length > MAX_LENGTH) return false
  let at = text.indexOf(value)
  for (let places = 0; at >= 0 && places < MAX_PLACES; places++) {
    if (isEdge(text[at - 1]) && isEdge(text[at + value.length])) return true
    at = text.indexOf(value, at + 1)
  }
  return false
}

function isEdge(character: string | undefined): boolean {
  return character === undefined || EDGE.test(character)
}
