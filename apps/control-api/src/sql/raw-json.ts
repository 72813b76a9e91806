/** JSON that Postgres wrote, passed on as it is: parsing it would lose digits of its numbers and members of one name. */

/** Stands in a value for a text of JSON. */
export class RawJson {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** Postgres has no text with a NUL, so no other value is written like this. */
const PLACE = '\0'
const WRITTEN_PLACE = '"\\u0000"'

/** The value as JSON, with the texts of all `RawJson` in it in their places. */
export function stringifyRaw(value: unknown): string {
  const texts: string[] = []
  const written = JSON.stringify(value, (_, item: unknown) => {
    if (!(item instanceof RawJson)) return item
    texts.push(item.text)
    return PLACE
  })
  if (texts.length === 0) return written
  return written.split(WRITTEN_PLACE).reduce((text, part, i) => `${text}${texts[i - 1]}${part}`)
}
