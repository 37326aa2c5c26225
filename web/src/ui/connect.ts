// Commands that send something, for the pages that have nothing to show yet.

export const INGEST = 'millrace ingest online_retail.csv --adapter onlineretail'

export const POST = `curl '${location.origin}/v1/events?wait=verdict' \\
  -H 'Authorization: Bearer WRITE_KEY' \\
  -d '{"type":"order_completed","order_id":"1001","currency":"GBP",
       "items":[{"product_id":"mug","quantity":2,"price":"9.50","kind":"sale"}]}'`

export const SEGMENT = `new Analytics({
  writeKey: 'WRITE_KEY',
  host: '${location.origin}',
})`
