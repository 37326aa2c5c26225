// What the mock answers with: real Online Retail aggregates, and a small web source beside them.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type {
  CountryRow,
  Definition,
  EventRow,
  Grain,
  Kpis,
  Ledger,
  Overview,
  Passport,
  Platform,
  ProductRow,
  SchemaTable,
  SeriesPoint,
  Source,
  SourceHealth,
  SourceHealthDetail,
  SQLLimits,
  Status,
} from '../../src/api/types.ts'

type DayRow = [date: string, revenue: string, orders: number, cancelled: number, units: number, customers: number]
type RawRow = [number, string, string, string, number, string, string, string, string]

function fixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`./fixture/${name}.json`, import.meta.url), 'utf8')) as T
}

const days = fixture<DayRow[]>('days')
const products = fixture<Record<string, [string, string, string, number, number][]>>('products')
const countries = fixture<Record<string, [string, string, number][]>>('countries')
const goodRows = fixture<RawRow[]>('rows')
const badRows = fixture<RawRow[]>('quarantined')

export const FILE = 'online_retail.csv'
const DAY = 86_400_000
const FIRST = Date.parse('2010-12-01T08:26:00Z')
export const LAST = Date.parse('2011-12-09T12:50:00Z')
const CUSTOMERS = 4339
const CODES: Record<string, string> = {
  'United Kingdom': 'GB',
  Germany: 'DE',
  France: 'FR',
  EIRE: 'IE',
  Australia: 'AU',
  Netherlands: 'NL',
  Norway: 'NO',
  Belgium: 'BE',
}

export function idOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

export const retail: Ledger = {
  received: 541_909,
  accepted: 539_392,
  duplicate: 0,
  quarantined: 2517,
  rejected: 0,
  late: 0,
  corrected: 132_603,
  recovered: 0,
  waived: 0,
  dead: 0,
  open: 2517,
  balanced: true,
}
export const web: Ledger = {
  received: 1284,
  accepted: 1251,
  duplicate: 18,
  quarantined: 12,
  rejected: 3,
  late: 7,
  corrected: 0,
  recovered: 0,
  waived: 0,
  dead: 0,
  open: 12,
  balanced: true,
}

const LINES = "kind IN ('sale', 'cancellation', 'adjustment', 'fee')"

function definition(
  name: string,
  label: string,
  unit: Definition['unit'],
  text: string,
  formula: string,
  aggregate: string,
) {
  return (where: string): Definition => ({
    name,
    label,
    unit,
    text,
    formula,
    sql: `SELECT ${aggregate} AS ${name}\nFROM order_lines\nWHERE ${LINES}${where}`,
    rows_sql: `SELECT event_time, order_id, kind, product_id, product_name, quantity, unit_price, amount, country, event_id\nFROM order_lines\nWHERE ${LINES}${where}\nORDER BY event_time DESC\nLIMIT 1000`,
  })
}

const ORDERS = "count(DISTINCT order_id) FILTER (kind = 'sale')"
const DEFINITIONS = [
  definition(
    'revenue',
    'Revenue',
    'money',
    'What was sold less what was cancelled, with adjustments and fees.',
    'sum of quantity × unit price over all lines of orders',
    'sum(amount)',
  ),
  definition(
    'orders',
    'Orders',
    'count',
    'Orders with at least one sale line.',
    'distinct order ids of sale lines',
    ORDERS,
  ),
  definition(
    'average_order_value',
    'Average order value',
    'money',
    'Revenue per order.',
    'revenue ÷ orders',
    `sum(amount) / ${ORDERS}`,
  ),
  definition('units', 'Units', 'count', 'Pieces sold less pieces cancelled.', 'sum of quantity', 'sum(quantity)'),
  definition(
    'cancellation_rate',
    'Cancellation rate',
    'ratio',
    'Share of cancellations.',
    'cancelled orders ÷ all',
    `1 - ${ORDERS} / count(DISTINCT order_id)`,
  ),
  definition(
    'customers',
    'Customers',
    'count',
    'Distinct customers with a sale line.',
    'distinct customer ids',
    "count(DISTINCT customer_id) FILTER (kind = 'sale')",
  ),
]

export function definitions(query: URLSearchParams): Definition[] {
  const time = (name: string, sign: string) => {
    const value = query.get(name)
    return value ? `\n  AND event_time ${sign} TIMESTAMP '${value.slice(0, 19).replace('T', ' ')}'` : ''
  }
  return DEFINITIONS.map(make => make(time('from', '>=') + time('to', '<')))
}

function sum(a: Ledger, b: Ledger): Ledger {
  const judged = ['received', 'accepted', 'duplicate', 'quarantined', 'rejected', 'late', 'corrected'] as const
  const keys = [...judged, 'recovered', 'waived', 'dead', 'open'] as const
  return {
    ...(Object.fromEntries(keys.map(k => [k, a[k] + b[k]])) as Omit<Ledger, 'balanced'>),
    balanced: a.balanced && b.balanced,
  }
}

export const NO_LEDGER: Ledger = {
  received: 0,
  accepted: 0,
  duplicate: 0,
  quarantined: 0,
  rejected: 0,
  late: 0,
  corrected: 0,
  recovered: 0,
  waived: 0,
  dead: 0,
  open: 0,
  balanced: true,
}

/** Deterministic, but it moves: the same tick gives the same numbers. */
export function platform(tick: number): Platform {
  const wave = Math.sin(tick / 3) + Math.sin(tick / 7)
  return {
    events_per_second: Math.round(9040 + wave * 900),
    freshness_ms: { p50: Math.round(38 + wave * 3), p99: Math.round(212 + wave * 25) },
    lag: Math.max(0, Math.round(wave * 40)),
    ledger: sum(retail, web),
    event_time: new Date(LAST).toISOString(),
  }
}

function bucket(ms: number, grain: Grain): number {
  const date = new Date(ms)
  if (grain === 'hour') return Math.floor(ms / 3_600_000) * 3_600_000
  if (grain === 'month') return Date.UTC(date.getUTCFullYear(), date.getUTCMonth())
  const day = Math.floor(ms / DAY) * DAY
  return grain === 'day' ? day : day - ((date.getUTCDay() + 6) % 7) * DAY
}

const HOURS = [0, 0, 0, 0, 0, 0, 1, 3, 8, 12, 14, 13, 16, 14, 11, 10, 7, 3, 2, 1, 1, 0, 0, 0]
const HOUR_SUM = HOURS.reduce((a, b) => a + b)

interface Sums {
  milli: number
  orders: number
  cancelled: number
  units: number
  customers: number
}

function sumsOf(from: number, to: number): Sums {
  const out = { milli: 0, orders: 0, cancelled: 0, units: 0, customers: 0 }
  for (const [date, revenue, orders, cancelled, units, customers] of days) {
    const at = Date.parse(date)
    if (at < from - DAY + 1 || at >= to) continue
    out.milli += Math.round(Number(revenue) * 1000)
    out.orders += orders
    out.cancelled += cancelled
    out.units += units
    out.customers += customers
  }
  return out
}

function kpisOf(from: number, to: number): Kpis | null {
  const s = sumsOf(from, to)
  if (s.orders === 0) return null
  return {
    revenue: (s.milli / 1000).toFixed(3),
    orders: s.orders,
    average_order_value: (s.milli / 1000 / s.orders).toFixed(6),
    units: s.units,
    cancellation_rate: s.cancelled / (s.orders + s.cancelled),
    customers: Math.round(CUSTOMERS * (1 - Math.exp(-s.customers / 4200))),
  }
}

function seriesOf(from: number, to: number, grain: Grain): SeriesPoint[] {
  const points = new Map<number, Sums>()
  const add = (time: number, row: DayRow, share: number) => {
    const key = bucket(time, grain)
    const s = points.get(key) ?? { milli: 0, orders: 0, cancelled: 0, units: 0, customers: 0 }
    s.milli += Number(row[1]) * 1000 * share
    s.orders += row[2] * share
    s.units += row[4] * share
    s.customers += row[5] * share
    points.set(key, s)
  }
  for (const row of days) {
    const at = Date.parse(row[0])
    if (at < from - DAY + 1 || at >= to) continue
    if (grain !== 'hour') add(at, row, 1)
    else {
      HOURS.forEach((weight, hour) => {
        const time = at + hour * 3_600_000
        if (weight > 0 && time >= from && time < to) add(time, row, weight / HOUR_SUM)
      })
    }
  }
  return [...points].map(([time, s]) => ({
    time: new Date(time).toISOString().replace('.000Z', 'Z'),
    revenue: (s.milli / 1000).toFixed(3),
    orders: Math.round(s.orders),
    units: Math.round(s.units),
    customers: Math.round(s.customers),
  }))
}

/** How much of a month a range covers; aggregates by month are scaled by it. */
function monthShare(month: string, from: number, to: number): number {
  const start = Date.parse(`${month}-01`)
  const date = new Date(start)
  const end = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1)
  return Math.max(0, Math.min(end, to) - Math.max(start, from)) / (end - start)
}

function topProducts(from: number, to: number): ProductRow[] {
  const all = new Map<string, [string, number, number, number]>()
  for (const [month, rows] of Object.entries(products)) {
    const share = monthShare(month, from, to)
    if (share === 0) continue
    for (const [id, name, revenue, units, orders] of rows) {
      const old = all.get(id) ?? [name.trim(), 0, 0, 0]
      all.set(id, [old[0], old[1] + Number(revenue) * share, old[2] + units * share, old[3] + orders * share])
    }
  }
  return [...all]
    .sort((a, b) => b[1][1] - a[1][1])
    .slice(0, 10)
    .map(([product_id, [name, revenue, units, orders]]) => ({
      product_id,
      name,
      revenue: revenue.toFixed(2),
      units: Math.round(units),
      orders: Math.round(orders),
    }))
}

function topCountries(from: number, to: number): CountryRow[] {
  const all = new Map<string, [number, number]>()
  for (const [month, rows] of Object.entries(countries)) {
    const share = monthShare(month, from, to)
    for (const [code, revenue, orders] of rows) {
      const old = all.get(code) ?? [0, 0]
      all.set(code, [old[0] + Number(revenue) * share, old[1] + orders * share])
    }
  }
  return [...all]
    .filter(([, [revenue]]) => revenue > 0)
    .sort((a, b) => b[1][0] - a[1][0])
    .slice(0, 10)
    .map(([country, [revenue, orders]]) => ({ country, revenue: revenue.toFixed(2), orders: Math.round(orders) }))
}

export interface Clock {
  tick: number
  /** How far the replay has come; events after it have not happened yet. */
  newest: number
  asOf: string
}

export function overview(query: URLSearchParams, clock: Clock): Overview {
  const ask = (name: string, fallback: number) => (query.get(name) ? Date.parse(query.get(name) as string) : fallback)
  const from = ask('from', Math.floor(FIRST / DAY) * DAY)
  const to = Math.min(ask('to', clock.newest + 1), clock.newest + 1)
  const grain = (query.get('grain') ?? 'day') as Grain
  const zero: Kpis = { revenue: '0', orders: 0, average_order_value: '0', units: 0, cancellation_rate: 0, customers: 0 }
  return {
    from: new Date(from).toISOString(),
    to: new Date(ask('to', clock.newest)).toISOString(),
    grain,
    data_from: new Date(FIRST).toISOString(),
    data_to: new Date(clock.newest).toISOString(),
    currency: 'GBP',
    kpis: kpisOf(from, to) ?? zero,
    previous: query.get('compare') === 'false' || from <= FIRST ? null : kpisOf(from - (to - from), from),
    series: seriesOf(from, to, grain),
    products: topProducts(from, to),
    countries: topCountries(from, to),
    platform: platform(clock.tick),
    as_of: clock.asOf,
  }
}

export function emptyOverview(asOf: string): Overview {
  return {
    from: null,
    to: null,
    grain: 'day',
    data_from: null,
    data_to: null,
    currency: 'GBP',
    kpis: { revenue: '0', orders: 0, average_order_value: '0', units: 0, cancellation_rate: 0, customers: 0 },
    previous: null,
    series: [],
    products: [],
    countries: [],
    platform: { events_per_second: 0, freshness_ms: { p50: 0, p99: 0 }, lag: 0, ledger: NO_LEDGER, event_time: null },
    as_of: asOf,
  }
}

export interface MockEvent extends EventRow {
  raw: RawRow
}

function eventOf(raw: RawRow, verdict: EventRow['verdict']): MockEvent {
  const [line, invoice, code, , quantity, time, price, customer, country] = raw
  const at = Date.parse(`${time.replace(' ', 'T')}Z`)
  return {
    event_id: idOf(raw.join('|')),
    event_time: new Date(at).toISOString().replace('.000Z', 'Z'),
    received_at: new Date(Date.parse('2026-11-21T09:00:00Z') + line * 2).toISOString(),
    source: 'onlineretail',
    type: 'order_line',
    customer_id: customer ? customer.replace('.0', '') : `guest:${invoice}`,
    order_id: invoice,
    country: CODES[country] ?? 'GB',
    currency: 'GBP',
    amount: (Math.round(Number(price) * quantity * 1000) / 1000).toFixed(6),
    verdict,
    corrected: customer === '' && verdict === 'accepted',
    late: false,
    partition: createHash('md5').update(invoice).digest().readUInt8(0) % 8,
    offset: line * 7,
    stream: FILE,
    line,
    raw: [line, invoice, code, raw[3], quantity, time, price, customer, country],
  }
}

export const events: MockEvent[] = [
  ...goodRows.map(row => eventOf(row, 'accepted')),
  ...badRows.map(row => eventOf(row, 'quarantined')),
].sort((a, b) => (b.event_time ?? '').localeCompare(a.event_time ?? '') || b.line - a.line)

export function passport(event: MockEvent): Passport {
  const { raw, ...row } = event
  const [line, invoice, code, name, quantity, time, price, customer, country] = raw
  const accepted = event.verdict === 'accepted'
  const received = Date.parse(event.received_at)
  const at = (ms: number) => new Date(received + ms).toISOString()
  const kind = invoice.startsWith('C') ? 'cancellation' : 'sale'
  const payload = {
    InvoiceNo: invoice,
    StockCode: code,
    Description: name,
    Quantity: quantity,
    InvoiceDate: time,
    UnitPrice: price,
    CustomerID: customer,
    Country: country,
  }
  const where = { partition: event.partition, offset: event.offset }
  return {
    event_id: event.event_id,
    verdict: event.verdict,
    event: accepted
      ? { ...row, verdict: undefined, warned: false, channel: 'file', versions: 'onlineretail@1 rules@1 enrich@1' }
      : null,
    products: [],
    lines: accepted
      ? [
          {
            event_id: event.event_id,
            line_no: 1,
            event_time: event.event_time,
            source: event.source,
            order_id: invoice,
            customer_id: event.customer_id,
            product_id: code,
            product_name: name.trim(),
            category: '',
            kind,
            quantity,
            unit_price: price,
            amount: event.amount,
            currency: 'GBP',
            country: event.country,
            ...where,
          },
        ]
      : [],
    acts: [],
    reached: accepted
      ? [
          {
            job: 'profiles',
            version: 1,
            table: 'customer_profiles',
            key: { customer_id: event.customer_id },
            row: { customer_id: event.customer_id, orders: 2, segment: 'new', revision: 3 },
            outputs: [],
          },
        ]
      : [],
    sinks: accepted
      ? [
          {
            name: 'archive',
            kind: 's3',
            topic: 'millrace.raw',
            of: 'event',
            state: 'delivered',
            position: { partition: event.partition, from: 0, next: 541_910, end: 541_910 },
            results: [],
            lag: 0,
            last_delivered: at(60_000),
          },
          {
            name: 'crm',
            kind: 'webhook',
            topic: 'millrace.output.customer_profiles',
            of: 'result',
            state: 'behind',
            results: ['customer_profiles'],
            lag: 1_204,
            last_delivered: at(3_000),
            last_error: 'the receiver answered 503',
          },
        ]
      : [],
    quarantine: accepted
      ? []
      : [
          {
            event_id: event.event_id,
            event_time: event.event_time,
            received_at: event.received_at,
            source: event.source,
            type: event.type,
            rule: 'price_positive',
            category: 'out_of_range',
            field: 'UnitPrice',
            value: price,
            message: `UnitPrice is ${price}; it must be greater than 0`,
            order_id: invoice,
            customer_id: event.customer_id,
            amount: event.amount,
          },
        ],
    duplicates:
      line % 50 === 0
        ? [
            {
              received_at: at(86_400_000),
              source: event.source,
              stream: 'online_retail_copy.csv',
              line: line + 12,
              partition: event.partition,
              offset: event.offset + 3_800_000,
            },
          ]
        : [],
    changes: [
      ...(event.corrected
        ? [
            {
              kind: 'correction' as const,
              rule: 'guest_customer',
              field: 'customer_id',
              before: '',
              after: event.customer_id,
              version: 'rules@1',
            },
          ]
        : []),
      {
        kind: 'enrichment' as const,
        rule: 'country_iso',
        field: 'country',
        before: country,
        after: event.country,
        version: 'iso3166@2025',
      },
      { kind: 'enrichment' as const, rule: 'line_kind', field: 'kind', before: '', after: kind, version: 'enrich@1' },
    ],
    source: {
      name: event.source,
      adapter: 'onlineretail',
      adapter_version: '1',
      stream: event.stream,
      line,
      request: 'req-7f3a91',
    },
    versions: 'onlineretail@1 rules@3f9c2ab1 iso3166@2025',
    coordinates: { topic: 'millrace.raw', ...where },
    raw: {
      payload: JSON.stringify(payload),
      encoding: 'utf-8',
      headers: { adapter: 'onlineretail', source: 'onlineretail', stream: `${event.stream}:${line}` },
      available: true,
      reason: '',
    },
    timeline: timeline(event, accepted, at),
  }
}

function timeline(event: MockEvent, accepted: boolean, at: (ms: number) => string): Passport['timeline'] {
  const steps: Passport['timeline'] = [
    { at: event.event_time, step: 'happened', detail: 'Event time, as the sender says.' },
    { at: at(0), step: 'received', detail: `Source ${event.source}, ${event.stream}:${event.line}.` },
    {
      at: at(4),
      step: 'logged',
      detail: `Durable in topic millrace.raw, partition ${event.partition}, offset ${event.offset}.`,
    },
    { at: null, step: 'decoded', detail: 'Adapter onlineretail, version 1.' },
  ]
  if (event.corrected) {
    steps.push({
      at: null,
      step: 'corrected',
      detail: `guest_customer: customer_id from "" to "${event.customer_id}".`,
    })
  }
  if (!accepted) {
    steps.push({ at: null, step: 'quarantined', detail: 'Rule price_positive: UnitPrice must be greater than 0.' })
    return steps
  }
  steps.push({ at: null, step: 'accepted', detail: 'No rule of severity quarantine was broken.' })
  steps.push({ at: null, step: 'stored', detail: '1 row of events, 1 of order_lines, 0 of product_events.' })
  return steps
}

/** A source that waits for senders. */
const IDLE = { state: 'passive', bytes: 0, refused: 0, errors: 0, lag: 0, last_error: '' }

export function sources(now: number): Source[] {
  return [
    {
      name: 'onlineretail',
      adapter: 'onlineretail',
      events: retail.received,
      rejected: 0,
      last_seen: new Date(now - 4000).toISOString(),
      kind: 'file',
      ...IDLE,
    },
    {
      name: 'web',
      adapter: 'segment',
      events: web.received,
      rejected: web.rejected,
      last_seen: new Date(now - 61_000).toISOString(),
      kind: 'http',
      ...IDLE,
      health: suspended(now),
    },
  ]
}

function suspended(now: number): SourceHealth {
  return {
    state: 'suspended',
    since: new Date(now - 240_000).toISOString(),
    reason: '34.2 % of 1000 events had errors, most of category format',
    by: 'automatic',
    events: 412,
    errors: 155,
    category: 'format',
    held_since: new Date(now - 240_000).toISOString(),
  }
}

/** What became of the source `web` until now. */
export function health(now: number): SourceHealthDetail {
  return {
    ...suspended(now),
    source: 'web',
    policy: {
      window: 1000,
      suspend_share: 0.3,
      throttle_share: 0.1,
      recover_share: 0.05,
      categories: ['missing', 'format', 'schema', 'decode'],
      events_per_second: 100,
      cool_down_ms: 300_000,
      probe_sample: 10,
      probe_events: 100,
    },
    history: [
      {
        at: new Date(now - 240_000).toISOString(),
        from: 'throttled',
        to: 'suspended',
        by: 'automatic',
        reason: '34.2 % of 1000 events had errors, most of category format',
      },
      {
        at: new Date(now - 900_000).toISOString(),
        from: 'active',
        to: 'throttled',
        by: 'automatic',
        reason: '12.1 % of 1000 events had errors, most of category format',
      },
    ],
  }
}

export function status(clock: Clock, startedAt: string, uptime: number): Status {
  const p = platform(clock.tick)
  const base = Math.floor(543_193 / 8)
  return {
    version: 'v0.1.0',
    started_at: startedAt,
    uptime_seconds: uptime,
    ready: true,
    reasons: [],
    ...p,
    partitions: Array.from({ length: 8 }, (_, partition) => {
      const end = base + ((partition * 7919) % 9001) - 4500
      const lag = partition === 3 ? p.lag : 0
      return { partition, end, committed: end - Math.floor(lag / 2), position: end - lag, lag }
    }),
    max_rss_bytes: 641_728_512,
    cpu_seconds: 4.61,
    replay: null,
  }
}

const column = (text: string) => {
  const [name = '', type = ''] = text.split(' ')
  return { name, type, comment: '' }
}
const table = (name: string, comment: string, columns: string): SchemaTable => ({
  name,
  comment,
  columns: columns.split(', ').map(column),
})

export const reader: SQLLimits = {
  role: 'analyst',
  rows: 100_000,
  result_bytes: 67_108_864,
  seconds: 30,
  query_bytes: 1_048_576,
  memory_bytes: 2_147_483_648,
  queries_at_once: 3,
  tables: ['events', 'order_lines'],
  unseen_tables: 2,
  hidden_columns: ['events.properties'],
}

export const schema: SchemaTable[] = [
  table(
    'events',
    'one row per accepted event',
    'event_id UUID, event_time TIMESTAMP, received_at TIMESTAMP, source VARCHAR, type VARCHAR, customer_id VARCHAR, order_id VARCHAR, country VARCHAR, currency VARCHAR, amount DECIMAL(18,6), properties VARCHAR, late BOOLEAN, corrected BOOLEAN, stream VARCHAR, line BIGINT, partition INTEGER, offset BIGINT',
  ),
  table(
    'order_lines',
    'one row per line of an order',
    'event_id UUID, line_no INTEGER, event_time TIMESTAMP, source VARCHAR, order_id VARCHAR, customer_id VARCHAR, product_id VARCHAR, product_name VARCHAR, category VARCHAR, kind VARCHAR, quantity BIGINT, unit_price DECIMAL(18,6), amount DECIMAL(18,6), currency VARCHAR, country VARCHAR',
  ),
  table(
    'quarantine',
    'events that broke a rule',
    'event_id UUID, event_time TIMESTAMP, source VARCHAR, rule VARCHAR, category VARCHAR, field VARCHAR, value VARCHAR, message VARCHAR, amount DECIMAL(18,6), payload VARCHAR',
  ),
  table(
    'duplicates',
    'events that came again',
    'event_id UUID, received_at TIMESTAMP, source VARCHAR, stream VARCHAR, line BIGINT',
  ),
  table(
    'rejections',
    'what could not be read',
    'received_at TIMESTAMP, source VARCHAR, stream VARCHAR, line BIGINT, reason VARCHAR, sample VARCHAR',
  ),
  table(
    'corrections',
    'what rules changed',
    'event_id UUID, rule VARCHAR, field VARCHAR, before VARCHAR, after VARCHAR',
  ),
]
