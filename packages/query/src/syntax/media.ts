/** Parses Accept, and negotiates what the reply is. */
import { errors } from '../errors.ts'

/** A form in which a result can be sent. */
export interface Media {
  format: 'json' | 'object' | 'csv' | 'text' | 'bytes'
  stripNulls: boolean
  contentType: string
  /** In place of the result, how Postgres would come by it. */
  explain: Explain | null
  /** The aggregate that makes the text or bytes of the rows; null where it is not the owner's. */
  handler: RowHandler | null
}

/** An aggregate, called with rows. */
export interface RowHandler {
  schema: string
  name: string
  /** It takes rows of one relation, and not of any columns. */
  takesRelation: boolean
}

export interface Explain {
  format: 'json' | 'text'
  options: readonly ExplainOption[]
}

/** In the order in which a reply names them. */
export const EXPLAIN_OPTIONS = ['analyze', 'verbose', 'settings', 'buffers', 'wal'] as const
export type ExplainOption = (typeof EXPLAIN_OPTIONS)[number]

/** What may be sent: plain text, XML or bytes for a single value alone, a plan where the database allows it. */
export interface Sendable {
  /** The type of the only value of the result; null where there may be several. */
  valueType: string | null
  plans: boolean
  /** What the owner has made for media types. */
  handled: readonly HandledMedia[]
}

export interface HandledMedia {
  /** `ANY_MEDIA` for each that is asked for. */
  mediaType: string
  /** For this very relation or function, and not for rows of any kind. */
  isOwn: boolean
  media: Media
}

const VENDOR = 'application/vnd.pgrst'
const STRIPPED = ';nulls=stripped'
const PLAN = `${VENDOR}.plan`
const CHARSET = '; charset=utf-8'

/** By the media type without spaces, in lower case: the format, and its type in a reply. */
const KNOWN: Readonly<Record<string, Media>> = {
  '*/*': media('json', 'application/json'),
  'application/*': media('json', 'application/json'),
  'application/json': media('json', 'application/json'),
  [`${VENDOR}.array`]: media('json', 'application/json'),
  [`${VENDOR}.array+json`]: media('json', 'application/json'),
  [`${VENDOR}.array${STRIPPED}`]: stripped('json', `${VENDOR}.array+json${STRIPPED}`),
  [`${VENDOR}.array+json${STRIPPED}`]: stripped('json', `${VENDOR}.array+json${STRIPPED}`),
  [`${VENDOR}.object`]: media('object', `${VENDOR}.object+json`),
  [`${VENDOR}.object+json`]: media('object', `${VENDOR}.object+json`),
  [`${VENDOR}.object${STRIPPED}`]: stripped('object', `${VENDOR}.object+json${STRIPPED}`),
  [`${VENDOR}.object+json${STRIPPED}`]: stripped('object', `${VENDOR}.object+json${STRIPPED}`),
  'text/csv': media('csv', 'text/csv'),
}

/** By the media type: how single values are sent so, and of which types. */
const VALUES: Readonly<Record<string, { media: Media; takes: (type: string) => boolean }>> = {
  'text/plain': { media: media('text', 'text/plain'), takes: () => true },
  'text/xml': { media: media('text', 'text/xml'), takes: (type) => type === 'xml' },
  'application/octet-stream': {
    media: { ...media('bytes', ''), contentType: 'application/octet-stream' },
    takes: (type) => type === 'bytea',
  },
}

function media(format: Media['format'], type: string): Media {
  return { format, stripNulls: false, contentType: `${type}${CHARSET}`, explain: null, handler: null }
}

function stripped(format: Media['format'], type: string): Media {
  return { ...media(format, type), stripNulls: true }
}

/** Types that PostgREST names with a character set. */
const TEXTS: ReadonlySet<string> = new Set([
  'application/geo+json',
  'application/json',
  'text/csv',
  'text/plain',
  'text/xml',
])

export const ANY_MEDIA = '*/*'

/** The media type that a domain of this name stands for, in lower case; null where it is none. */
export function toMediaType(name: string): string | null {
  return name === ANY_MEDIA || /^[a-z0-9.-]+\/[a-z0-9.+-]+$/i.test(name) ? name.toLowerCase() : null
}

/** What is sent for a media type of the owner's: of rows by an aggregate, or the value of a function by itself. */
export function handledMedia(mediaType: string, isBinary: boolean, handler: RowHandler | null): Media {
  const type = mediaType === ANY_MEDIA ? 'application/octet-stream' : mediaType
  const contentType = TEXTS.has(type) ? `${type}${CHARSET}` : type
  return { ...media(isBinary ? 'bytes' : 'text', ''), contentType, handler }
}

/** The media types of an `Accept` header without their weights, most wanted first. */
export function parseAccept(header: string | null): string[] {
  if (header === null || header.trim() === '') return ['*/*']
  return splitOutsideQuotes(header, ',')
    .map(parseMediaRange)
    .filter(({ quality }) => quality > 0)
    .toSorted((left, right) => right.quality - left.quality)
    .map(({ type }) => type)
}

function parseMediaRange(range: string): { type: string; quality: number } {
  const [type, ...parameters] = splitOutsideQuotes(range, ';').map((part) => part.trim().toLowerCase())
  const weight = parameters.find((parameter) => parameter.startsWith('q='))
  const quality = weight === undefined ? 1 : Number(weight.slice(2))
  const known = parameters.filter((parameter) => isKnown(type ?? '', parameter))
  return { type: [type, ...known].join(';'), quality: Number.isNaN(quality) ? 0 : quality }
}

/** Parameters without a meaning are overlooked. */
function isKnown(type: string, parameter: string): boolean {
  if (type.startsWith(PLAN)) return parameter.startsWith('for=') || parameter.startsWith('options=')
  return parameter === STRIPPED.slice(1) && Object.hasOwn(KNOWN, type + STRIPPED)
}

/** A separator inside double quotes, as in `for="a;b"`, separates nothing. */
function splitOutsideQuotes(text: string, separator: ',' | ';'): string[] {
  if (!text.includes('"')) return text.split(separator)
  const parts = ['']
  let isQuoted = false
  for (const character of text) {
    if (character === '"') isQuoted = !isQuoted
    if (character === separator && !isQuoted) parts.push('')
    else parts.push(`${parts.pop()}${character}`)
  }
  return parts
}

/** The first of the accepted types that can be sent, or PGRST107. */
export function negotiate(accepted: readonly string[], sendable: Sendable): Media {
  for (const type of accepted) {
    const found = type.startsWith(PLAN) ? findPlan(type, sendable) : findMedia(type, sendable)
    if (found !== null) return found
  }
  throw errors.media(accepted.map(mediaName))
}

/** What is for one relation or function comes first, and of that what takes every media type (PostgREST does so). */
function findHandled(type: string, handled: readonly HandledMedia[]): Media | null {
  if (handled.length === 0 || type.startsWith(VENDOR)) return null
  const own = (wanted: string) => handled.find(({ isOwn, mediaType }) => isOwn && mediaType === wanted)
  const found = own(ANY_MEDIA) ?? own(type) ?? handled.find(({ mediaType }) => mediaType === type)
  return found?.media ?? null
}

function findMedia(type: string, { valueType, handled }: Sendable): Media | null {
  const own = findHandled(type, handled)
  if (own !== null) return own
  const value = valueType !== null && Object.hasOwn(VALUES, type) ? VALUES[type] : undefined
  if (valueType !== null && value !== undefined) return value.takes(valueType) ? value.media : null
  return Object.hasOwn(KNOWN, type) ? (KNOWN[type] ?? null) : null
}

function findPlan(type: string, sendable: Sendable): Media | null {
  const plan = parsePlan(type)
  const explained = plan === null ? null : findMedia(plan.of, sendable)
  if (!sendable.plans || plan === null || explained === null) return null
  return { ...explained, explain: plan.explain, contentType: `${planName(plan)}${CHARSET}` }
}

interface PlanType {
  explain: Explain
  /** The media type whose statement is explained. */
  of: string
}

/** `application/vnd.pgrst.plan+json; for="text/csv"; options=analyze|verbose` */
function parsePlan(type: string): PlanType | null {
  const [name, ...parameters] = splitOutsideQuotes(type, ';')
  if (name !== PLAN && name !== `${PLAN}+text` && name !== `${PLAN}+json`) return null
  const parameter = (key: string) =>
    parameters.find((candidate) => candidate.startsWith(`${key}=`))?.slice(key.length + 1) ?? ''
  const wanted = parameter('options').split('|')
  return {
    of: parameter('for').replaceAll(/^"|"$/g, '').replaceAll(' ', '') || 'application/json',
    explain: {
      format: name.endsWith('+json') ? 'json' : 'text',
      options: EXPLAIN_OPTIONS.filter((option) => wanted.includes(option)),
    },
  }
}

function planName({ of, explain }: PlanType): string {
  const options = explain.options.length === 0 ? '' : `; options=${explain.options.join('|')}`
  return `${PLAN}+${explain.format}; for="${of}"${options}`
}

/** An accepted type as an error names it: in full where it is one of ours. */
function mediaName(type: string): string {
  const plan = type.startsWith(PLAN) ? parsePlan(type) : null
  if (plan !== null) return planName(plan)
  const known = Object.hasOwn(KNOWN, type) && !type.includes('*') ? KNOWN[type] : undefined
  return known?.contentType.slice(0, -CHARSET.length) ?? type
}

/** Media types in which the description of a schema is sent. */
const DESCRIPTIONS: readonly string[] = [
  'application/openapi+json',
  'application/json',
  'application/*',
  '*/*',
]

/** What the root is sent as, or PGRST107. */
export function negotiateDescription(accepted: readonly string[]): Media {
  if (!accepted.some((type) => DESCRIPTIONS.includes(type))) throw errors.media(accepted.map(mediaName))
  return media('json', 'application/openapi+json')
}
