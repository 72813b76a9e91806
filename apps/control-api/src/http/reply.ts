/** What a handler answers. */

export interface Reply extends Paged {
  status: number
  body: unknown
}

/** Of a list: the cursor of its next page, null where there is none. */
export interface Paged {
  next?: string | null
}

/** A body that is JSON already, in UTF-8. */
export class EncodedJson {
  readonly bytes: Uint8Array<ArrayBuffer>

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.bytes = bytes
  }
}
