/** GET /internal/metrics, for a Prometheus that sends DB9_METRICS_TOKEN as its bearer token. Without that variable: 404. */
import { isFromBrowser } from '@db9/internal-api/browser-guard'
import { sha256Hex, timingSafeEqual } from '@db9/types/crypto'
import type { Isolate } from '../isolate.ts'

export const METRICS_PATH = '/internal/metrics'

export async function serveMetrics(
  { headers }: Request,
  { config, metrics }: Pick<Isolate, 'config' | 'metrics'>,
): Promise<Response> {
  if (config.metricsToken === null)
    return Response.json({ message: 'there is nothing at this address' }, { status: 404 })
  const given = headers.get('authorization') ?? ''
  if (isFromBrowser((name) => headers.has(name)) || !(await isSame(given, `Bearer ${config.metricsToken}`))) {
    return Response.json({ message: 'a bearer token is needed' }, { status: 401 })
  }
  return new Response(metrics.toText(), {
    headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
  })
}

/** Compares digests, so that the time taken says nothing about the length of the token. */
async function isSame(left: string, right: string): Promise<boolean> {
  return timingSafeEqual(await sha256Hex(left), await sha256Hex(right))
}
