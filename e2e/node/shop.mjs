// A shop of a few minutes, told by Segment's own SDK: node shop.mjs HOST WRITE_KEY
// The messages are the same on every run. It prints {"delivered", "failed"}.
import { Analytics } from '@segment/analytics-node'

const [host, writeKey] = process.argv.slice(2)
const analytics = new Analytics({ writeKey, host, flushAt: 7, maxRetries: 0 })
const outcome = { delivered: 0, failed: [] }
let number = 0

const tell = (call, message) => {
  number += 1
  const base = { messageId: `shop-${number}`, timestamp: new Date(Date.UTC(2026, 10, 20, 10, number)) }
  analytics[call]({ ...base, ...message }, (err) => {
    if (err) outcome.failed.push(String(err))
    else outcome.delivered += 1
  })
}

tell('page', { anonymousId: 'anon-1', category: 'Shop', name: 'Lanterns', properties: { path: '/lanterns' } })
tell('identify', { userId: 'ada', anonymousId: 'anon-1', traits: { name: 'Ada', plan: 'gold' } })
tell('alias', { userId: 'ada', previousId: 'anon-1' })
tell('group', { userId: 'ada', groupId: 'guild', traits: { name: 'Guild of Lanterns' } })
tell('screen', { userId: 'ada', name: 'Basket' })
tell('track', {
  userId: 'ada',
  event: 'Product Viewed',
  properties: { product_id: 'lantern', name: 'Lantern', price: 12.35, currency: 'GBP' },
})
for (let order = 1; order <= 20; order++) {
  tell('track', {
    userId: order % 2 ? 'ada' : 'grace',
    event: 'Order Completed',
    properties: {
      order_id: `o-${order}`,
      currency: 'GBP',
      // 25.49 and 0.1 + 0.2 are not exact in binary.
      products: [
        { product_id: 'lantern', name: 'Lantern', category: 'Light', price: 25.49, quantity: 2 },
        { product_id: 'wick', name: 'Wick', category: 'Light', price: 0.1 + 0.2, quantity: order },
      ],
    },
  })
}
tell('track', {
  userId: 'grace',
  event: 'Order Refunded',
  properties: {
    order_id: 'o-2',
    currency: 'GBP',
    products: [{ product_id: 'lantern', name: 'Lantern', price: 25.49, quantity: 1 }],
  },
})

await analytics.closeAndFlush({ timeout: 15000 })
console.log(JSON.stringify(outcome))
