// Receives events of a payment service: checks its signature, and keeps each event once however often it is sent.
import { createHmac, timingSafeEqual } from 'node:crypto'

const TOLERANCE_SECONDS = 300

export default {
  async fetch(request, _env, ctx) {
    if (request.method !== 'POST') return new Response('POST an event', { status: 405 })
    const body = await request.text()
    if (!isSigned(request.headers.get('x-signature'), body, ctx.secrets.get('WEBHOOK_SECRET')))
      return Response.json({ message: 'the signature is not valid' }, { status: 400 })
    const { id, type, amount } = JSON.parse(body)
    const { row_count } = await ctx.db.query(
      'insert into events (id, type, amount) values ($1, $2, $3) on conflict (id) do nothing',
      [id, type, amount],
    )
    // biome-ignore lint/suspicious/noConsole: the log of the run
    console.log(row_count === 0 ? 'known already' : 'kept', id, type)
    return Response.json({ received: true })
  },
}

/** `t=<unix seconds>,v1=<hex of HMAC-SHA-256 over "<t>.<body>">`, as Stripe and others sign. */
function isSigned(header, body, secret) {
  const [, time, mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(header ?? '') ?? []
  if (time === undefined || Math.abs(Date.now() / 1000 - Number(time)) > TOLERANCE_SECONDS) return false
  const expected = createHmac('sha256', secret).update(`${time}.${body}`).digest()
  return timingSafeEqual(expected, Buffer.from(mac, 'hex'))
}
