// The floor of a refusal by signature: Hono and one ES256 verification of the token that the request carries.
import { Hono } from 'hono'
import { importJWK, jwtVerify } from 'jose'

const app = new Hono()
let key

app.get('*', async (context) => {
  key ??= await importJWK(JSON.parse(context.env.PUBLIC_JWK), 'ES256')
  const token = context.req.header('authorization')?.slice('Bearer '.length) ?? ''
  try {
    await jwtVerify(token, key)
    return context.json({ message: 'verified' })
  } catch {
    return context.json({ message: 'not verified' }, 401)
  }
})

export default app
