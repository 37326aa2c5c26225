// A shop told by the clients of other analytics, unchanged: node analytics.mjs HOST
// Each request of the Snowplow tracker is sent twice, as by a network that lost the
// answer. It prints {"answers": {...}, "failures": [...]}.
import { CloudEvent, HTTP, Mode, emitterFor, httpTransport } from 'cloudevents'
import {
  buildEcommerceTransaction,
  buildEcommerceTransactionItem,
  buildPageView,
  buildSelfDescribingEvent,
  newTracker,
} from '@snowplow/node-tracker'

const [host] = process.argv.slice(2)
const answers = {}
const failures = []
const note = (what, status) => {
  answers[what] = [...(answers[what] ?? []), status]
}

// Snowplow: one tracker shows a key in the path, the other one its app id only.
const ecommerce = 'iglu:com.snowplowanalytics.snowplow.ecommerce'
const tracker = (appId, endpoint, eventMethod, what) =>
  newTracker(
    { namespace: what, appId, encodeBase64: eventMethod === 'get' },
    {
      endpoint,
      eventMethod,
      bufferSize: 4,
      customHeaders: { 'SP-Anonymous': '*' },
      customFetch: async (request) => {
        const again = request.clone()
        note(what, (await fetch(request)).status)
        return fetch(again)
      },
      onRequestFailure: (failure) => failures.push(`${what}: ${JSON.stringify(failure)}`),
    },
  )
const product = { schema: `${ecommerce}/product/jsonschema/1-0-0`, data: { id: 'lantern', name: 'Lantern', category: 'Light', price: 12.35, quantity: 2, currency: 'GBP' } }
const action = (type) => buildSelfDescribingEvent({ event: { schema: `${ecommerce}/snowplow_ecommerce_action/jsonschema/1-0-2`, data: { type } } })

const keyed = tracker('any', `${host}/snowplow/snowplow-key`, 'post', 'snowplow post')
keyed.setUserId('ada')
keyed.track(buildPageView({ pageUrl: 'https://shop.test/lanterns?x=1', pageTitle: 'Lanterns' }))
keyed.track(action('product_view'), [product])
keyed.track(action('add_to_cart'), [product])
keyed.track(action('transaction'), [
  product,
  { schema: `${ecommerce}/transaction/jsonschema/1-0-0`, data: { transaction_id: 'sp-1', revenue: 33.2, tax: 5, shipping: 3.5, currency: 'GBP' } },
])
keyed.track(buildSelfDescribingEvent({ event: { schema: 'iglu:test.shop/door_bell_rung/jsonschema/1-0-0', data: { volume: 11 } } }))
await keyed.flush()

const byApp = tracker('shop-web', host, 'get', 'snowplow get')
byApp.setUserId('grace')
byApp.track(buildPageView({ pageUrl: 'https://shop.test/', pageTitle: 'Größe' }))
byApp.track(buildEcommerceTransaction({ orderId: 'sp-2', total: 20, tax: 3, shipping: 2, currency: 'GBP' }))
byApp.track(buildEcommerceTransactionItem({ orderId: 'sp-2', sku: 'wick', name: 'Wick', category: 'Light', price: 7.5, quantity: 2, currency: 'GBP' }))
await byApp.flush()

// CloudEvents: the library's emitter in both modes, and a batch of its events.
const sink = `${host}/v1/cloudevents?key=cloud-key`
const order = (id, more = {}) =>
  new CloudEvent({
    id,
    source: '/shop/orders',
    type: 'com.example.order.completed.v1',
    time: '2026-11-20T10:00:00Z',
    datacontenttype: 'application/json',
    subject: 'größe "x" 100%',
    comexampleextension: 'é',
    data: { order_id: `ce-${id}`, customer_id: 'ada', currency: 'GBP', items: [{ product_id: 'lantern', quantity: 1, price: 12.35 }] },
    ...more,
  })
for (const [mode, id] of [[Mode.BINARY, '1'], [Mode.STRUCTURED, '2'], [Mode.BINARY, '2']]) {
  const emit = emitterFor(httpTransport(sink), { mode })
  await emit(order(id)) // the transport tells no status; the ledger will
}
const post = async (what, url, body, headers = {}) => note(what, (await fetch(url, { method: 'POST', body, headers })).status)
await post('cloudevents batch', sink, JSON.stringify([order('3'), order('4'), order('3')]), { 'Content-Type': 'application/cloudevents-batch+json' })
const bytes = HTTP.binary(order('5', { type: 'photo.taken', datacontenttype: 'image/gif', data: new Uint8Array([0xff, 0, 1]) }))
await post('cloudevents bytes', sink, bytes.body, bytes.headers)

// GA4 has no client of its own for servers: its documentation posts by fetch.
const collect = (path, body, secret = 'ga4-key') =>
  post(`ga4 ${path}`, `${host}${path}?measurement_id=G-TEST&api_secret=${secret}`, JSON.stringify(body))
const purchase = {
  client_id: '12.34',
  user_id: 'ada',
  timestamp_micros: Date.UTC(2026, 10, 20, 10) * 1000,
  events: [
    { name: 'view_item', params: { items: [{ item_id: 'lantern', price: 12.35 }], currency: 'GBP', value: 12.35, session_id: '7' } },
    { name: 'purchase', params: { transaction_id: 'ga-1', value: 24.7, tax: 4, shipping: 3.5, currency: 'GBP', items: [{ item_id: 'lantern', item_name: 'Lantern', quantity: 2, price: 12.35 }] } },
  ],
}
await collect('/mp/collect', purchase)
await collect('/mp/collect', { ...purchase, user_id: undefined, client_id: '56.78', timestamp_micros: undefined, events: [purchase.events[1]] })
await collect('/mp/collect', { client_id: '12.34', events: 'none' })
await collect('/mp/collect', purchase, 'wrong')
await collect('/debug/mp/collect', purchase)

console.log(JSON.stringify({ answers, failures }))
