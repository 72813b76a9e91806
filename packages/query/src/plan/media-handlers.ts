/** What the owner of a database has made for media types (PostgREST, "Media Type Handlers"). */
import type { Routine } from '../catalog/catalog.ts'
import type { Exposure } from '../policy/exposure.ts'
import { type HandledMedia, handledMedia, type RowHandler, toMediaType } from '../syntax/media.ts'
import type { ReadNode } from './plan.ts'

/** Aggregates for the rows of a node. One for the rows of a relation takes them whole, and no others. */
export function rowHandlers(
  exposure: Exposure,
  { relation, outputs }: Pick<ReadNode, 'relation' | 'outputs'>,
): HandledMedia[] {
  const isWhole = outputs.length === 1 && outputs[0]?.kind === 'all'
  return exposure
    .mediaHandlers(isWhole ? relation.oid : 0)
    .flatMap(({ schema, name, domain, isBinary, relationOid }) => {
      const isOwn = relationOid !== 0
      return toHandled(domain, { isOwn, isBinary, handler: { schema, name, takesRelation: isOwn } })
    })
}

/** A function that returns one value of a domain that is named as a media type. */
export function valueHandlers({ returnType, returnsSet }: Routine): HandledMedia[] {
  if (returnType.kind !== 'domain' || returnsSet) return []
  return toHandled(returnType.name, {
    isOwn: true,
    isBinary: returnType.base.name === 'bytea',
    handler: null,
  })
}

interface Made {
  isOwn: boolean
  isBinary: boolean
  handler: RowHandler | null
}

function toHandled(domain: string, { isOwn, isBinary, handler }: Made): HandledMedia[] {
  const mediaType = toMediaType(domain)
  return mediaType === null ? [] : [{ mediaType, isOwn, media: handledMedia(mediaType, isBinary, handler) }]
}
