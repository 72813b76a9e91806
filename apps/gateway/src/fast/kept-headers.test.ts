/** Headers that are made once, beside headers that are made for each response. */
import { expect, test } from 'vitest'
import { KeptHeaders } from './kept-headers.ts'

const make = (origin: string) => new Headers({ vary: 'Origin', 'access-control-allow-origin': origin })

test('a response with kept headers has the headers of one that is made anew, whatever other responses add', () => {
  const kept = new KeptHeaders(make)
  for (let n = 0; n < 500; n++) {
    const origin = `https://${n % 150}.example`
    const fast = new Response(null, { headers: kept.of(origin) })
    const slow = new Response(null, { headers: make(origin) })
    expect([...fast.headers]).toEqual([...slow.headers])
    fast.headers.set('x-request-id', String(n))
    fast.headers.delete('vary')
  }
})
