// The shapes of the HTTP API. Money is a decimal string in currency units; times are RFC 3339 in UTC.

export type Verdict = 'accepted' | 'duplicate' | 'quarantined' | 'rejected'
export type Grain = 'hour' | 'day' | 'week' | 'month'

export interface Ledger {
  received: number
  accepted: number
  duplicate: number
  quarantined: number
  rejected: number
  late: number
  corrected: number
  balanced: boolean
}

export interface Quantiles {
  p50: number
  p99: number
}

export interface Status {
  version: string
  started_at: string
  uptime_seconds: number
  ready: boolean
  reasons: string[] | null
  events_per_second: number
  freshness_ms: Quantiles
  lag: number
  partitions: { partition: number; end: number; position: number; lag: number }[] | null
  ledger: Ledger
  event_time: string | null
  max_rss_bytes: number
  cpu_seconds: number
  replay: { active: boolean; speed: string; done: number } | null
}

export type LedgerRow = Ledger & { source: string; minute?: string; day?: string }

export interface LedgerAnswer {
  total: Ledger
  rows: LedgerRow[] | null
  audit: { ok: boolean; findings: string[] | null } | null
}

export interface Kpis {
  revenue: string
  orders: number
  average_order_value: string
  units: number
  cancellation_rate: number
  customers: number
}

export interface SeriesPoint {
  time: string
  revenue: string
  orders: number
  units: number
  customers: number
}

export interface ProductRow {
  product_id: string
  name: string
  revenue: string
  units: number
  orders: number
}

export interface CountryRow {
  country: string
  revenue: string
  orders: number
}

export interface Platform {
  events_per_second: number
  freshness_ms: Quantiles
  lag: number
  ledger: Ledger
  event_time: string | null
}

export interface Overview {
  from: string | null
  to: string | null
  grain: Grain
  data_from: string | null
  data_to: string | null
  currency: string
  kpis: Kpis
  previous: Kpis | null
  series: SeriesPoint[] | null
  products: ProductRow[] | null
  countries: CountryRow[] | null
  platform: Platform
  as_of: string
}

export interface OverviewQuery {
  from?: string
  to?: string
  grain?: Grain
  compare?: boolean
}

export interface EventRow {
  event_id: string
  event_time: string | null
  received_at: string
  source: string
  type: string
  customer_id: string
  order_id: string
  country: string
  currency: string
  amount: string | null
  verdict: Verdict
  corrected: boolean
  late: boolean
  partition: number
  offset: number
  stream: string
  line: number
}

export interface EventFilter {
  q?: string
  id?: string
  order_id?: string
  customer_id?: string
  product_id?: string
  source?: string
  type?: string
  from?: string
  to?: string
}

export interface EventPage {
  events: EventRow[] | null
  next_cursor?: string | null
}

export type Row = Record<string, unknown>

export interface Change {
  kind: 'correction' | 'enrichment'
  rule: string
  field: string
  before: string | null
  after: string | null
  version: string
}

export interface Passport {
  event_id: string
  verdict: Verdict
  event: Row | null
  lines: Row[] | null
  quarantine: Row[] | null
  duplicates:
    | { received_at: string; source: string; stream: string; line: number; partition: number; offset: number }[]
    | null
  changes: Change[] | null
  source: {
    name: string
    adapter: string
    adapter_version: string
    stream: string
    line: number
    request?: string | null
  }
  versions: string | Record<string, string> | null
  coordinates: { topic: string; partition: number; offset: number }
  raw: {
    payload: string
    encoding: 'utf-8' | 'base64'
    headers: Record<string, string> | null
    available: boolean
    reason?: string | null
  }
  timeline: { at: string | null; step: string; detail: string }[] | null
}

export interface QuarantineSample {
  event_id: string
  value: string | null
  message: string
  stream: string
  line: number
  order_id: string
  payload: string
}

export interface QuarantineGroup {
  source: string
  rule: string
  category: string
  field: string
  count: number
  amount: string
  first_seen: string
  last_seen: string
  samples: QuarantineSample[] | null
}

export interface Quarantine {
  total: number
  amount: string
  groups: QuarantineGroup[] | null
}

export interface Source {
  name: string
  adapter: string
  events: number
  rejected: number
  last_seen: string | null
  kind: string
}

export interface SqlAnswer {
  columns: { name: string; type: string }[]
  rows: unknown[][] | null
  row_count: number
  truncated: boolean
  elapsed_ms: number
}

export interface SchemaTable {
  name: string
  comment: string
  columns: { name: string; type: string; comment: string }[]
}

export interface Problem {
  type?: string
  title?: string
  status?: number
  detail?: string
  errors?: { message: string; location?: string; value?: unknown }[] | null
}
