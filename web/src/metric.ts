// What each number means and which query lists the rows behind it.
import type { Kpis, SeriesPoint } from './api/types.ts'
import { count, moneyCents, moneyExact, moneyWhole, percent } from './format.ts'

export type MetricKey = keyof Kpis
export type SeriesMetric = 'revenue' | 'orders' | 'average_order_value' | 'units' | 'customers'

export interface Metric {
  key: MetricKey
  label: string
  definition: string
  formula: string
  /** False where more of it is bad. */
  moreIsBetter: boolean
  money: boolean
  series: SeriesMetric | null
  /** An aggregate over order_lines that gives the number. */
  aggregate: string
  /** Which lines count. */
  lines: string
}

export const METRICS: readonly Metric[] = [
  {
    key: 'revenue',
    label: 'Revenue',
    definition: 'What was sold less what was cancelled: sales, cancellations, adjustments and fees by event time.',
    formula: 'sum of quantity × unit price over all order lines',
    moreIsBetter: true,
    money: true,
    series: 'revenue',
    aggregate: 'sum(amount)',
    lines: '',
  },
  {
    key: 'orders',
    label: 'Orders',
    definition:
      'Orders with at least one sale line. A cancellation does not take an order away; see cancellation rate.',
    formula: 'distinct order ids of sale lines',
    moreIsBetter: true,
    money: false,
    series: 'orders',
    aggregate: "count(DISTINCT order_id) FILTER (kind = 'sale')",
    lines: "kind = 'sale'",
  },
  {
    key: 'average_order_value',
    label: 'Average order',
    definition: 'Net revenue per order. Cancellations lower it, because they lower revenue.',
    formula: 'revenue ÷ orders',
    moreIsBetter: true,
    money: true,
    series: 'average_order_value',
    aggregate: "sum(amount) / count(DISTINCT order_id) FILTER (kind = 'sale')",
    lines: '',
  },
  {
    key: 'units',
    label: 'Units',
    definition: 'Pieces sold less pieces cancelled.',
    formula: 'sum of quantity over all order lines',
    moreIsBetter: true,
    money: false,
    series: 'units',
    aggregate: 'sum(quantity)',
    lines: '',
  },
  {
    key: 'cancellation_rate',
    label: 'Cancellation rate',
    definition: 'The share of documents that are cancellations.',
    formula: 'cancelled orders ÷ (orders + cancelled orders)',
    moreIsBetter: false,
    money: false,
    series: null,
    aggregate: "count(DISTINCT order_id) FILTER (kind = 'cancellation') / count(DISTINCT order_id)",
    lines: "kind = 'cancellation'",
  },
  {
    key: 'customers',
    label: 'Customers',
    definition: 'Distinct customers with a sale line. An order without a customer counts as a guest of its own.',
    formula: 'distinct customer ids of sale lines',
    moreIsBetter: true,
    money: false,
    series: 'customers',
    aggregate: "count(DISTINCT customer_id) FILTER (kind = 'sale')",
    lines: "kind = 'sale'",
  },
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

const timestamp = (iso: string) => `TIMESTAMP '${iso.replace('T', ' ').replace(/(\.\d+)?Z$/, '')}'`

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

export function metricSql(metric: Metric, span: Span): string {
  return `SELECT ${metric.aggregate} AS ${metric.key}\nFROM order_lines${whereSpan(span)}`
}

export function rowsSql(metric: Metric, span: Span): string {
  return `SELECT event_time, order_id, kind, product_id, product_name, quantity, unit_price, amount, country, event_id
FROM order_lines${whereSpan(span, metric.lines)}
ORDER BY abs(amount) DESC
LIMIT 1000`
}

export function seriesSql(metric: Metric, span: Span, grain: string): string {
  return `SELECT date_trunc('${grain}', event_time) AS time, ${metric.aggregate} AS ${metric.key}
FROM order_lines${whereSpan(span)}
GROUP BY ALL
ORDER BY time`
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

export function sqlHref(query: string): string {
  return `/sql?q=${encodeURIComponent(query)}&run=1`
}
