// An order, told by Snowplow's tracker: node order.mjs COLLECTOR
import { buildSelfDescribingEvent, newTracker } from '@snowplow/node-tracker'

const [endpoint] = process.argv.slice(2)
const tracker = newTracker({ namespace: 'example', appId: 'shop-web' }, { endpoint, bufferSize: 10 })
const ecommerce = 'iglu:com.snowplowanalytics.snowplow.ecommerce'

tracker.setUserId('ada')
tracker.track(
  buildSelfDescribingEvent({ event: { schema: `${ecommerce}/snowplow_ecommerce_action/jsonschema/1-0-2`, data: { type: 'transaction' } } }),
  [
    { schema: `${ecommerce}/transaction/jsonschema/1-0-0`, data: { transaction_id: 'T-4711', revenue: 32.32, tax: 4.12, shipping: 3.5, currency: 'GBP' } },
    { schema: `${ecommerce}/product/jsonschema/1-0-0`, data: { id: 'lantern', name: 'Lantern', category: 'Light', price: 12.35, quantity: 2, currency: 'GBP' } },
  ],
)
await tracker.flush()
