// A graph as a shop with two sources has it, and the answers that follow from it.
import type {
  Impact,
  ImpactThing,
  Lineage,
  LineageBadge,
  LineageEdge,
  LineageKind,
  LineageNode,
  LineagePath,
} from '../../src/api/lineage.ts'
import type { Problem } from '../../src/api/types.ts'

type Answer = Lineage | Impact | LineagePath | Problem

const CONTRACTS = [
  'order_completed',
  'order_refunded',
  'product_viewed',
  'product_added',
  'product_removed',
  'cart_viewed',
  'checkout_started',
  'coupon_applied',
]
/** Outputs by job; each reads the fields behind it. */
const JOBS: Record<string, { outputs: string[]; reads: string[] }> = {
  carts: { outputs: ['table:abandoned_carts'], reads: ['customer_id', 'currency'] },
  fraud: {
    outputs: ['table:fraud_decisions', 'feed:fraud_alerts', 'topic:fraud-alerts'],
    reads: ['customer_id', 'item.amount'],
  },
  kpis: { outputs: ['table:kpis'], reads: ['item.amount', 'order_id', 'customer_id'] },
  popularity: { outputs: ['table:popularity', 'table:popularity_top'], reads: ['item.product_id'] },
  price_errors: {
    outputs: ['table:price_errors', 'table:price_error_sales', 'feed:price_alerts', 'topic:price-alerts'],
    reads: ['item.price', 'item.product_id'],
  },
  profiles: { outputs: ['table:customer_profiles'], reads: ['customer_id', 'item.amount'] },
  sessions: { outputs: ['table:visits', 'table:funnel'], reads: ['customer_id'] },
  stock: {
    outputs: ['table:stock', 'table:stock_changes', 'feed:stock_alerts'],
    reads: ['item.quantity', 'item.product_id'],
  },
  volume: { outputs: ['table:volume_anomalies', 'feed:volume_alerts'], reads: ['source'] },
}
const TABLES: Record<string, string[]> = {
  order_lines: ['order_id', 'customer_id', 'product_id', 'quantity', 'unit_price', 'amount', 'currency', 'event_time'],
  events: ['event_id', 'source', 'customer_id', 'order_id', 'amount', 'currency', 'event_time', 'received_at'],
  corrections: ['event_id', 'rule', 'field', 'before', 'after'],
  quarantine: ['event_id', 'source', 'rule', 'field', 'category', 'state'],
}
const METRICS: Record<string, string> = {
  revenue: 'amount',
  orders: 'order_id',
  units: 'quantity',
  customers: 'customer_id',
  average_order_value: 'amount',
}
const FIELDS: Record<string, string[]> = {
  'item.amount': ['UnitPrice', 'Quantity'],
  'item.price': ['UnitPrice'],
  'item.quantity': ['Quantity'],
  'item.product_id': ['StockCode'],
  order_id: ['InvoiceNo'],
  customer_id: ['CustomerID'],
  currency: ['Country'],
  source: ['$source'],
}
const COLUMN_FIELD: Record<string, string> = {
  amount: 'item.amount',
  unit_price: 'item.price',
  quantity: 'item.quantity',
  product_id: 'item.product_id',
}

const nodes = new Map<string, LineageNode>()
const links: LineageEdge[] = []
const edges: LineageEdge[] = []

function node(kind: LineageKind, name: string, columns: string[], more: Partial<LineageNode> = {}): string {
  const id = `${kind}:${name}`
  nodes.set(id, { id, kind, name, columns: columns.map(column => ({ name: column, type: 'VARCHAR' })), ...more })
  return id
}
const badge = (count: number, unit: LineageBadge['unit'], more: Partial<LineageBadge> = {}): LineageBadge => ({
  count,
  ...(unit ? { unit } : {}),
  state: 'ok',
  messages: [],
  ...more,
})
const lead = (from: string, to: string) => links.push({ from, to })
const direct = (from: string, to: string, subtype: string, how: string, via = '') =>
  edges.push({ from, to, type: 'DIRECT', subtype, how, ...(via ? { via } : {}) })
const indirect = (from: string, to: string, subtype: string, how: string) =>
  edges.push({ from, to, type: 'INDIRECT', subtype, how })

function build(): void {
  const columns = [...new Set(Object.values(FIELDS).flat())]
  const retail = node('source', 'onlineretail', columns, {
    text: 'Source of adapter onlineretail',
    version: 'onlineretail@1-dc4a77b1',
    badge: badge(541_909, 'events'),
  })
  const web = node('source', 'web', ['$received', 'properties.products[].price'], {
    text: 'Source of adapter segment',
    badge: badge(1_204_551, 'events', { state: 'warn', messages: ['2.3 % of its events were quarantined today'] }),
  })
  const raw = node('topic', 'millrace.raw', [], {
    text: 'Raw payloads as they were received',
    badge: badge(1_746_460, 'events'),
  })
  const many = Array.from({ length: 24 }, (_, i) => `properties.field_${i + 1}`)
  const pass = node('pass', 'events', [...Object.keys(FIELDS), ...many], {
    text: 'Judged events: decoded, deduplicated, corrected and enriched by the pass',
    badge: badge(1_719_006, 'events', { fresh: '2011-12-09T12:50:00Z' }),
  })
  lead(raw, pass)
  for (const source of [retail, web]) lead(source, raw)
  for (const [field, from] of Object.entries(FIELDS)) {
    for (const column of from) {
      direct(`${retail}/${column}`, `${pass}/${field}`, 'TRANSFORMATION', 'adapter onlineretail', raw)
    }
  }
  direct(`${web}/properties.products[].price`, `${pass}/item.price`, 'IDENTITY', 'adapter segment', raw)
  const rules = node('rules', 'onlineretail', ['price_not_positive', 'guest_customer'], {
    file: 'examples/onlineretail/rules.yaml',
    version: 'rules@1.c1db9102',
  })
  lead(rules, pass)
  indirect(
    `${pass}/item.price`,
    `${rules}/price_not_positive`,
    'CONDITIONAL',
    'rule price_not_positive of onlineretail',
  )
  for (const name of CONTRACTS) {
    const contract = node('contract', name, ['currency', 'order_id'], { file: 'builtin/ecommerce.yaml' })
    lead(contract, pass)
    indirect(`${pass}/currency`, `${contract}/currency`, 'CONDITIONAL', `contract ${name}`)
  }
  buildTables(pass)
  buildJobs(pass)
  const board = node('query', 'board_report', ['source', 'worth'], { text: 'Monthly revenue, for the board' })
  lead('table:order_lines', board)
  direct('table:order_lines/amount', `${board}/worth`, 'AGGREGATION', 'query board_report')
  const sink = node('sink', 'warehouse', ['minute', 'value'], {
    badge: badge(88_012, 'messages', { state: 'bad', messages: ['it is broken: connection refused'] }),
  })
  lead('table:kpis', sink)
  direct('table:kpis/value', `${sink}/value`, 'IDENTITY', 'sink warehouse')
}

function buildTables(pass: string): void {
  for (const [name, columns] of Object.entries(TABLES)) {
    const table = node('table', name, columns, { badge: badge(name === 'quarantine' ? 2517 : 539_392, 'rows') })
    lead(pass, table)
    for (const column of columns) {
      const field = COLUMN_FIELD[column] ?? column
      if (FIELDS[field]) direct(`${pass}/${field}`, `${table}/${column}`, 'IDENTITY', 'the pass')
    }
  }
  for (const [name, column] of Object.entries(METRICS)) {
    const metric = node('metric', name, [name])
    lead('table:order_lines', metric)
    direct(`table:order_lines/${column}`, `${metric}/${name}`, 'AGGREGATION', `metric ${name}`)
  }
}

function buildJobs(pass: string): void {
  for (const [name, { outputs, reads }] of Object.entries(JOBS)) {
    const job = node('job', name, [], {
      text: `Streaming job ${name}`,
      badge: badge(name === 'kpis' ? 92_134 : 5557, 'results', { fresh: '2011-12-09T10:27:55Z' }),
    })
    lead(pass, job)
    for (const output of outputs) {
      const [kind = '', label = ''] = output.split(':')
      const rows = kind === 'table' ? { badge: badge(4334, 'rows') } : {}
      const out = node(kind as LineageKind, label, ['key', 'minute', 'value'], rows)
      lead(job, out)
      for (const field of reads) direct(`${pass}/${field}`, `${out}/value`, 'AGGREGATION', `job ${name}`, job)
    }
  }
}

build()

const split = (ref: string) => {
  const cut = ref.indexOf('/')
  return cut < 0 ? [ref, ''] : [ref.slice(0, cut), ref.slice(cut + 1)]
}

/** Whether an edge that ends at one column goes on from another. */
function meets(end: string, ref: string): boolean {
  const [a, x] = split(end)
  const [b, y] = split(ref)
  return a === b && (x === y || x === '' || y === '')
}

function trace(focus: string, direction: 'up' | 'down'): Map<LineageEdge, number> {
  const found = new Map<LineageEdge, number>()
  let refs = [focus]
  for (let distance = 1; refs.length > 0; distance++) {
    const next = edges.filter(e => !found.has(e) && refs.some(ref => meets(direction === 'down' ? e.from : e.to, ref)))
    for (const edge of next) found.set(edge, distance)
    refs = next.map(edge => (direction === 'down' ? edge.to : edge.from))
  }
  return found
}

function impactOf(column: string): Impact {
  const things = new Map<string, ImpactThing>()
  for (const [edge, distance] of trace(column, 'down')) {
    for (const ref of [edge.via ?? '', edge.to]) {
      const [id = '', name = ''] = split(ref)
      const found = nodes.get(id)
      if (!found) continue
      const thing = things.get(id) ?? {
        id,
        kind: found.kind,
        name: found.name,
        columns: [],
        distance,
        direct: edge.type === 'DIRECT',
        how: [edge.how ?? ''],
      }
      if (name && !thing.columns.includes(name)) thing.columns.push(name)
      things.set(id, thing)
    }
  }
  return { column, things: [...things.values()] }
}

function pathOf(from: string, to: string): LineagePath {
  const ways = new Map<LineageEdge, LineageEdge | null>()
  const queue: LineageEdge[] = edges.filter(edge => meets(edge.from, from))
  for (const edge of queue) ways.set(edge, null)
  for (const edge of queue) {
    if (meets(edge.to, to)) {
      const way: LineageEdge[] = []
      for (let at: LineageEdge | null = edge; at; at = ways.get(at) ?? null) way.unshift(at)
      return { edges: way }
    }
    for (const next of edges.filter(e => !ways.has(e) && meets(e.from, edge.to))) {
      ways.set(next, edge)
      queue.push(next)
    }
  }
  return { edges: [] }
}

function unknown(ref: string): Problem | null {
  const [id = '', column = ''] = split(ref)
  const found = nodes.get(id)
  if (found && (column === '' || found.columns.some(c => c.name === column))) return null
  return {
    status: 404,
    title: 'Not Found',
    detail: `There is no dataset or column "${ref}"; did you mean "metric:revenue"?`,
  }
}

/** The answer to a question about lineage; null for another question. */
export function lineage(path: string, query: URLSearchParams, empty: boolean): Answer | null {
  const get = (name: string) => query.get(name) ?? ''
  if (path === '/lineage/path') {
    return unknown(get('from')) ?? unknown(get('to')) ?? pathOf(get('from'), get('to'))
  }
  if (path === '/lineage/impact') return unknown(get('column')) ?? impactOf(get('column'))
  if (path !== '/lineage') return null
  if (empty) return { nodes: [], edges: [] }
  const focus = get('focus')
  if (focus === '') return { nodes: fresh(), edges: links }
  return (
    unknown(focus) ?? { nodes: fresh(), edges: [...trace(focus, get('direction') === 'up' ? 'up' : 'down').keys()] }
  )
}

/** Sources have sent something just now. */
function fresh(): LineageNode[] {
  const at = new Date(Date.now() - 3000).toISOString()
  return [...nodes.values()].map(each =>
    each.kind === 'source' && each.badge ? { ...each, badge: { ...each.badge, fresh: at } } : each,
  )
}
