/** What the gateway itself refuses of the REST API, in the form in which the control API refuses: a message and a code. */
import { API_ERROR_STATUS, type ApiErrorCode } from '@db9/types/errors'
import { REQUEST_ID_HEADER } from '@db9/types/internal'

export interface Refused {
  requestId: string
  /** Fields and headers beside the usual ones. */
  fields?: Record<string, string>
  headers?: Record<string, string>
}

/** The status follows from the code. */
export function refuse(
  code: ApiErrorCode,
  message: string,
  { requestId, fields = {}, headers = {} }: Refused,
): Response {
  return Response.json(
    { message, code, ...fields },
    { status: API_ERROR_STATUS[code], headers: { [REQUEST_ID_HEADER]: requestId, ...headers } },
  )
}
