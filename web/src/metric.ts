// The numbers of the overview: how they are shown. What they mean, and the query behind them, the server says
// (/api/v1/definitions), so that the console and the numbers cannot disagree.
import type { Definition, Kpis, SeriesPoint } from './api/types.ts'
import { count, moneyCents, moneyExact, moneyWhole, percent } from './format.ts'

export type MetricKey = keyof Kpis
export type SeriesMetric = Exclude<MetricKey, 'cancellation_rate'>

export interface Metric {
  key: MetricKey
  label: string
  /** False where more of it is bad. */
  moreIsBetter: boolean
  money: boolean
  /** Null where it has no value per bucket. */
  series: SeriesMetric | null
}

export const METRICS: readonly Metric[] = [
  { key: 'revenue', label: 'Revenue', moreIsBetter: true, money: true, series: 'revenue' },
  { key: 'orders', label: 'Orders', moreIsBetter: true, money: false, series: 'orders' },
  {
    key: 'average_order_value',
    label: 'Average order',
    moreIsBetter: true,
    money: true,
    series: 'average_order_value',
  },
  { key: 'units', label: 'Units', moreIsBetter: true, money: false, series: 'units' },
  { key: 'cancellation_rate', label: 'Cancellation rate', moreIsBetter: false, money: false, series: null },
  { key: 'customers', label: 'Customers', moreIsBetter: true, money: false, series: 'customers' },
]

export function metricOf(key: string): Metric | undefined {
  return METRICS.find(metric => metric.key === key)
}

export function kpiNumber(kpis: Kpis, key: MetricKey): number {
  return Number(kpis[key])
}

export function kpiText(metric: Metric, value: string | number, currency: string): string {
  if (metric.key === 'cancellation_rate') return percent(Number(value))
  if (metric.key === 'average_order_value') return moneyCents(value, currency)
  return metric.money ? moneyWhole(value, currency) : count(Number(value))
}

export function kpiExact(metric: Metric, value: string | number, currency: string): string {
  if (metric.key === 'cancellation_rate') return percent(Number(value), 4)
  return metric.money ? moneyExact(String(value), currency) : count(Number(value))
}

export function pointValue(point: SeriesPoint, metric: SeriesMetric): number {
  if (metric === 'average_order_value') return point.orders > 0 ? Number(point.revenue) / point.orders : 0
  return Number(point[metric])
}

export interface Span {
  from?: string | undefined
  to?: string | undefined
}

/** A time for SQL. */
export const timestamp = (iso: string) => `TIMESTAMP '${iso.replace('T', ' ').replace(/(\.\d+)?Z$/, '')}'`

/** Quotes a text for SQL. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

export function whereSpan(span: Span, ...conditions: string[]): string {
  const all = conditions.filter(condition => condition !== '')
  if (span.from) all.push(`event_time >= ${timestamp(span.from)}`)
  if (span.to) all.push(`event_time < ${timestamp(span.to)}`)
  return all.length === 0 ? '' : `\nWHERE ${all.join('\n  AND ')}`
}

/** The definition's query, per bucket of time: it selects from order_lines and ends with its conditions. */
export function seriesSql(definition: Definition, grain: string): string {
  const select = definition.sql.replace(/^SELECT /, `SELECT date_trunc('${grain}', event_time) AS time, `)
  return `${select}\nGROUP BY ALL\nORDER BY time`
}

export function productSql(productId: string, span: Span): string {
  return `SELECT event_time, order_id, kind, quantity, unit_price, amount, customer_id, country, event_id
FROM order_lines${whereSpan(span, `product_id = ${literal(productId)}`)}
ORDER BY event_time DESC
LIMIT 1000`
}

export function countrySql(country: string, span: Span): string {
  return `SELECT date_trunc('month', event_time) AS month, sum(amount) AS revenue,
  count(DISTINCT order_id) FILTER (kind = 'sale') AS orders
FROM order_lines${whereSpan(span, `country = ${literal(country)}`)}
GROUP BY ALL
ORDER BY month`
}

const FIGURES = {
  revenue: 'sum(amount)',
  units: 'sum(quantity)',
  orders: "count(DISTINCT order_id) FILTER (kind = 'sale')",
} as const

const ORDER_KINDS = {
  product_id: "kind IN ('sale', 'cancellation')",
  country: "kind IN ('sale', 'cancellation', 'adjustment', 'fee')",
} as const

const equals = (column: string, value: string) => (value === '' ? `${column} IS NULL` : `${column} = ${literal(value)}`)

/** A figure of one product or country, as the overview counts it. */
export function topSql(
  figure: keyof typeof FIGURES,
  dimension: keyof typeof ORDER_KINDS,
  value: string,
  span: Span,
  currency: string,
): string {
  const where = whereSpan(span, ORDER_KINDS[dimension], equals(dimension, value), equals('currency', currency))
  return `SELECT ${FIGURES[figure]} AS ${figure}\nFROM order_lines${where}`
}

const LEDGER_TABLES = [
  { verdict: 'accepted', table: 'events', id: 'event_id', where: 'NOT recovered' },
  { verdict: 'duplicate', table: 'duplicates', id: 'event_id', where: '' },
  { verdict: 'quarantined', table: 'quarantine', id: 'event_id', where: '' },
  { verdict: 'rejected', table: 'rejections', id: 'NULL', where: '' },
] as const

const LEDGER_STATES: Readonly<Record<string, string>> = {
  recovered: "state = 'recovered'",
  waived: "state = 'waived'",
  dead: "state IN ('dead', 'purged')",
  open: "state = 'open'",
}

/** A number of the ledger, counted in the tables that have its rows. Times are of receipt, the end exclusive. */
export function ledgerSql(column: string, span: Span, source: string): string {
  const state = LEDGER_STATES[column]
  const parts = LEDGER_TABLES.filter(t =>
    state ? t.verdict === 'quarantined' : ['received', t.verdict].includes(column),
  )
  const selects = parts.map(t => {
    const where = [
      state ?? t.where,
      source && `source = ${literal(source)}`,
      span.from && `received_at >= ${timestamp(span.from)}`,
      span.to && `received_at < ${timestamp(span.to)}`,
    ].filter(Boolean)
    const conditions = where.length === 0 ? '' : ` WHERE ${where.join(' AND ')}`
    return { ...t, from: `FROM ${t.table}${conditions}` }
  })
  const [only] = selects
  if (selects.length === 1 && only) return `SELECT count(*) AS ${column} ${only.from}`
  return `SELECT count(*) AS ${column} FROM (${selects.map(s => `SELECT ${s.id} AS event_id ${s.from}`).join(' UNION ALL ')})`
}

/** Where the rows behind a number of the ledger are listed and counted again. */
export function ledgerHref(column: string, span: Span, source: string): string {
  return explainHref(ledgerSql(column, span, source), column)
}

/** Where the rows behind a cell of the result of a statement are listed. */
export function explainHref(
  query: string,
  column: string,
  row?: Readonly<Record<string, unknown>>,
  whole?: Whole,
): string {
  const params = new URLSearchParams({ q: query, column })
  if (row) params.set('row', JSON.stringify(row))
  if (whole) params.set('whole', JSON.stringify(whole))
  return `/explain?${params}`
}

/** A number that is computed from several others, such as a rate: it has no rows of its own, each of them has. */
export interface Whole {
  label: string
  value: string
  computed: string
  parts: { column: string; query: string }[]
}

export function wholeOf(text: string | null): Whole | null {
  if (!text) return null
  try {
    const { label, value, computed, parts } = JSON.parse(text) as Partial<Whole>
    const known = Array.isArray(parts) && parts.every(p => typeof p?.column === 'string' && typeof p.query === 'string')
    return known && parts.length > 1 ? { label: `${label}`, value: `${value}`, computed: `${computed}`, parts } : null
  } catch {
    return null
  }
}

/** Likewise, of a row of a job's table. */
export function explainRowHref(table: string, column: string, key: Readonly<Record<string, unknown>>): string {
  return `/explain?${new URLSearchParams({ table, column, key: JSON.stringify(key) })}`
}

export function sqlHref(query: string): string {
  return `/sql?q=${encodeURIComponent(query)}&run=1`
}
