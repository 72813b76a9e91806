/** Answers addresses of the data plane with nothing there, in words that name what a client of Supabase looks for. */
import type { QueryError } from '@db9/query'
import { refusals } from '../http/refusals.ts'

const atRoot = (service: string) =>
  `This URL has no database: ${service} is at /db/{database_id}${service}. Give createClient the URL up to /db/{database_id}`

/** What each service of supabase-js is for, where it is missing. */
const MISSING: Readonly<Record<string, string>> = {
  '/auth/v1':
    'db9 has no sign-in service at /auth/v1: sign users in with your own identity provider, name it in the auth-config of the database, and pass its token as accessToken to createClient',
  '/storage/v1': 'db9 has no storage service at /storage/v1 yet',
  '/realtime/v1': 'db9 has no realtime service at /realtime/v1 yet',
  '/graphql/v1': 'db9 has no GraphQL at /graphql/v1: the data API is at /rest/v1',
}

const SERVICE = /^\/[a-z]+\/v1(?=\/|$)/

/** `path` is what follows the database in the URL, or the whole path where the URL names none. */
export function refuseUnknown({ path, hasDatabase }: { path: string; hasDatabase: boolean }): QueryError {
  const service = SERVICE.exec(path)?.[0] ?? ''
  if (service !== '' && !hasDatabase) return refusals.serviceMissing(atRoot(service))
  const message = Object.hasOwn(MISSING, service) ? MISSING[service] : undefined
  return message === undefined ? refusals.notFound() : refusals.serviceMissing(message)
}
