import { errors } from '../errors.ts'

/** A form in which a result can be sent. */
export interface Media {
  format: 'json' | 'object' | 'csv' | 'text'
  stripNulls: boolean
  contentType: string
}

const JSON_MEDIA: Media = {
  format: 'json',
  stripNulls: false,
  contentType: 'application/json; charset=utf-8',
}

const VENDOR = 'application/vnd.pgrst'
const STRIPPED = ';nulls=stripped'

/** By the media type without spaces, in lower case. */
const KNOWN: Readonly<Record<string, Media>> = {
  '*/*': JSON_MEDIA,
  'application/*': JSON_MEDIA,
  'application/json': JSON_MEDIA,
  [`${VENDOR}.array`]: JSON_MEDIA,
  [`${VENDOR}.array+json`]: JSON_MEDIA,
  [`${VENDOR}.object`]: vendor('object', ''),
  [`${VENDOR}.object+json`]: vendor('object', ''),
  [`${VENDOR}.array+json${STRIPPED}`]: vendor('array', STRIPPED),
  [`${VENDOR}.object+json${STRIPPED}`]: vendor('object', STRIPPED),
  'text/csv': { format: 'csv', stripNulls: false, contentType: 'text/csv; charset=utf-8' },
}

function vendor(shape: 'array' | 'object', parameters: string): Media {
  return {
    format: shape === 'array' ? 'json' : 'object',
    stripNulls: parameters !== '',
    contentType: `${VENDOR}.${shape}+json${parameters}; charset=utf-8`,
  }
}

/** The media types of an `Accept` header without their weights, most wanted first. */
export function parseAccept(header: string | null): string[] {
  if (header === null || header.trim() === '') return ['*/*']
  return header
    .split(',')
    .map(parseMediaRange)
    .filter(({ quality }) => quality > 0)
    .toSorted((left, right) => right.quality - left.quality)
    .map(({ type }) => type)
}

function parseMediaRange(range: string): { type: string; quality: number } {
  const [type, ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
  const weight = parameters.find((parameter) => parameter.startsWith('q='))
  const quality = weight === undefined ? 1 : Number(weight.slice(2))
  const rest = parameters.filter(
    (parameter) => !parameter.startsWith('q=') && !parameter.startsWith('charset='),
  )
  return { type: [type, ...rest].join(';'), quality: Number.isNaN(quality) ? 0 : quality }
}

const TEXT: Media = { format: 'text', stripNulls: false, contentType: 'text/plain; charset=utf-8' }

/** The first of the accepted types that can be sent, or PGRST107. Only single values can be sent as plain text. */
export function negotiate(accepted: readonly string[], isValue = false): Media {
  for (const type of accepted) {
    const media = Object.hasOwn(KNOWN, type) ? KNOWN[type] : undefined
    if (media !== undefined) return media
    if (isValue && type === 'text/plain') return TEXT
  }
  throw errors.media(accepted)
}
