// The floor of a refusal: Hono and one short answer.
import { Hono } from 'hono'

const app = new Hono()
app.get('*', (context) => context.json({ message: 'hello' }))

export default app
