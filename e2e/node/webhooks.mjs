// Webhooks as their senders sign them: node webhooks.mjs HOST SECRET
// Stripe's are signed by Stripe's own library, the others as their documentation
// has it. The deliveries are the same on every run but for Stripe's timestamps.
// It prints {name: status}.
import { createHmac } from 'node:crypto'
import Stripe from 'stripe'

const [host, secret] = process.argv.slice(2)
const stripe = new Stripe('sk_test_unused')
const base64 = (body, key = secret) => createHmac('sha256', key).update(body, 'utf8').digest('base64')
const outcome = {}

const post = async (name, path, body, headers) => {
  const response = await fetch(`${host}/v1/webhooks/${path}`, { method: 'POST', body, headers: { 'Content-Type': 'application/json', ...headers } })
  await response.text()
  outcome[name] = response.status
}

const order = JSON.stringify({
  id: 450789469,
  created_at: '2026-11-20T11:00:00+01:00',
  updated_at: '2026-11-20T11:00:00+01:00',
  currency: 'GBP',
  subtotal_price: '45.98',
  total_discounts: '5.00',
  customer: { id: 207119551, first_name: 'Zoë' },
  line_items: [{ id: 1, product_id: 632910392, title: 'Lantern', quantity: 2, price: '25.49' }],
})
const shopify = (name, topic, ids, { body = order, key = secret } = {}) =>
  post(name, 'shopify', body, {
    'X-Shopify-Topic': topic,
    'X-Shopify-Hmac-Sha256': base64(body, key),
    'X-Shopify-Shop-Domain': 'lanterns.myshopify.com',
    'X-Shopify-Triggered-At': '2026-11-20T10:00:00.123Z',
    'X-Shopify-Webhook-Id': ids[0],
    'X-Shopify-Event-Id': ids[1],
  })
await shopify('shopify order', 'orders/create', ['w-1', 'e-1'])
await shopify('shopify redelivery', 'orders/create', ['w-1', 'e-1'])
await shopify('shopify second subscription', 'orders/create', ['w-2', 'e-1'])
await shopify('shopify other topic', 'orders/paid', ['w-3', 'e-1'])
await shopify('shopify unwanted topic', 'themes/publish', ['w-4', 'e-2'])
await shopify('shopify wrong secret', 'orders/create', ['w-5', 'e-5'], { key: 'guess' })
const refund = JSON.stringify({
  id: 5,
  order_id: 450789469,
  created_at: '2026-11-20T12:00:00+01:00',
  refund_line_items: [{ quantity: 1, line_item: { product_id: 632910392, title: 'Lantern', price: '25.49' } }],
  transactions: [{ currency: 'GBP' }],
})
await shopify('shopify refund', 'refunds/create', ['w-6', 'e-6'], { body: refund })

const woo = (name, topic, delivery, object, key = secret) => {
  const body = JSON.stringify(object)
  return post(name, 'woo', body, {
    'X-WC-Webhook-Source': 'https://shop.example/',
    'X-WC-Webhook-Topic': topic,
    'X-WC-Webhook-Resource': topic.split('.')[0],
    'X-WC-Webhook-Event': topic.split('.')[1],
    'X-WC-Webhook-Signature': base64(body, key),
    'X-WC-Webhook-ID': '3',
    'X-WC-Webhook-Delivery-ID': delivery,
  })
}
const placed = {
  id: 727,
  status: 'processing',
  currency: 'EUR',
  customer_id: 26,
  date_created_gmt: '2026-11-20T10:00:00',
  date_modified_gmt: '2026-11-20T10:00:00',
  line_items: [{ product_id: 93, name: 'Wick', quantity: 3, price: 0.1 + 0.2 }],
}
await post('woo ping', 'woo', 'webhook_id=3', { 'Content-Type': 'application/x-www-form-urlencoded' })
await woo('woo order', 'order.created', 'd-1', placed)
await woo('woo order again', 'order.created', 'd-2', placed)
await woo('woo cancelled', 'order.updated', 'd-3', { ...placed, status: 'cancelled', date_modified_gmt: '2026-11-20T11:00:00' })
await woo('woo cancelled, then noted', 'order.updated', 'd-4', { ...placed, status: 'cancelled', note: 'x', date_modified_gmt: '2026-11-20T11:30:00' })
await woo('woo wrong secret', 'order.created', 'd-5', placed, 'guess')

const event = (id, type, object) => JSON.stringify({ id, object: 'event', created: 1795255567, type, data: { object } })
const signed = async (name, payload, options = {}) => {
  const header = stripe.webhooks.generateTestHeaderString({ payload, secret, ...options })
  await post(name, 'stripe', payload, { 'Stripe-Signature': header })
}
const charge = event('evt_1', 'charge.succeeded', { id: 'ch_1', amount: 4598, currency: 'gbp', customer: 'cus_1', payment_intent: 'pi_1' })
await signed('stripe charge', charge)
await signed('stripe second endpoint', charge)
await signed('stripe yen', event('evt_2', 'charge.failed', { id: 'ch_2', amount: 4598, currency: 'jpy', customer: 'cus_1' }))
await signed('stripe wrong secret', charge, { secret: 'guess' })
await signed('stripe replayed', charge, { timestamp: Math.floor(Date.now() / 1000) - 600 })

console.log(JSON.stringify(outcome))
