/** Schemas of service keys. */
import { newPublishableKey, publishableKey } from './publishable-keys.ts'

export const newServiceKey = newPublishableKey.pick({
  name: true,
  exposed_schemas: true,
  rate_limit: true,
  on_limiter_failure: true,
  expires_in_days: true,
})

export const serviceKey = publishableKey
  .pick({
    id: true,
    name: true,
    exposed_schemas: true,
    rate_limit: true,
    on_limiter_failure: true,
    expires_at: true,
    created_at: true,
  })
  .meta({ id: 'ServiceKey' })

export const createdServiceKey = serviceKey
  .extend({ service_key: serviceKey.shape.id.describe('Shown once') })
  .meta({ id: 'CreatedServiceKey' })
