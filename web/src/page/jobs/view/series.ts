// Minutes of figures, without gaps.
import type { Row } from '../../../api/types.ts'
import { literal, timestamp } from '../../../metric.ts'
import { number, time } from '../read.ts'

export const MINUTE_MS = 60_000

export interface Minute {
  at: number
  revenue: number
  orders: number
  units: number
  sessions: number
  carts: number
  cancellations: number
}

export function readMinute(row: Row): Minute {
  return {
    at: time(row['minute']) ?? 0,
    revenue: number(row['revenue']),
    orders: number(row['orders']),
    units: number(row['units']),
    sessions: number(row['sessions_with_view']),
    carts: number(row['open_carts']),
    cancellations: number(row['cancellations']),
  }
}

/** The newest `length` minutes, oldest first. A minute in which nothing happened has no row: its sums are zero, and as many carts stay open as before. */
export function minutesOf(rows: readonly Minute[], length: number): Minute[] {
  const known = new Map(rows.map(row => [row.at, row]))
  const newest = Math.max(...known.keys())
  const oldest = Math.max(newest - (length - 1) * MINUTE_MS, Math.min(...known.keys()))
  const all: Minute[] = []
  let carts = 0
  for (let at = oldest; at <= newest; at += MINUTE_MS) {
    const minute = known.get(at) ?? { at, revenue: 0, orders: 0, units: 0, sessions: 0, carts, cancellations: 0 }
    carts = minute.carts
    all.push(minute)
  }
  return all
}

export interface Figure {
  key: 'revenue' | 'orders' | 'aov' | 'conversion' | 'carts' | 'cancellations'
  label: string
  unit: 'money' | 'cents' | 'count' | 'ratio'
  /** What it is, in words. */
  means: string
  of: (minute: Minute) => number
  /** The column of kpis that has it per minute. */
  column: string
  /** Over a stretch of minutes, in SQL; null where the stretch's is that of its last minute. */
  sql: string | null
  /** Over a stretch of minutes. */
  over: (minutes: readonly Minute[]) => number
}

const sum = (minutes: readonly Minute[], of: (minute: Minute) => number) => minutes.reduce((all, m) => all + of(m), 0)
const ratio = (a: number, b: number) => (b > 0 ? a / b : 0)

function summed(key: Figure['key'], label: string, unit: Figure['unit'], means: string, of: Figure['of']): Figure {
  return { key, label, unit, means, of, column: key, sql: `sum(${key})`, over: minutes => sum(minutes, of) }
}

export const FIGURES: readonly Figure[] = [
  summed('revenue', 'Revenue', 'money', 'orders less refunds, in the base currency', m => m.revenue),
  summed('orders', 'Orders', 'count', 'different orders of each minute', m => m.orders),
  {
    key: 'aov',
    label: 'Average order',
    unit: 'cents',
    means: 'revenue ÷ orders',
    of: m => ratio(m.revenue, m.orders),
    column: 'average_order_value',
    sql: 'sum(revenue) / nullif(sum(orders), 0)',
    over: minutes =>
      ratio(
        sum(minutes, m => m.revenue),
        sum(minutes, m => m.orders),
      ),
  },
  {
    key: 'conversion',
    label: 'Conversion',
    unit: 'ratio',
    means: 'orders ÷ sessions that looked at a product, minute by minute',
    of: m => ratio(m.orders, m.sessions),
    column: 'conversion',
    sql: 'sum(orders) / nullif(sum(sessions_with_view), 0)',
    over: minutes =>
      ratio(
        sum(minutes, m => m.orders),
        sum(minutes, m => m.sessions),
      ),
  },
  {
    key: 'carts',
    label: 'Open carts',
    unit: 'count',
    means: 'carts with products that are neither ordered nor abandoned, at the end of the minute',
    of: m => m.carts,
    column: 'open_carts',
    sql: null,
    over: minutes => minutes.at(-1)?.carts ?? 0,
  },
  summed('cancellations', 'Cancellations', 'count', 'different cancelled orders of each minute', m => m.cancellations),
]

export interface Group {
  dimension: string
  member: string
}

/** A figure over a stretch of minutes, the first and the last included. */
export function overSql(figure: Figure, group: Group, from: number, to: number): string {
  return `SELECT ${figure.sql} AS ${figure.column}
FROM kpis
WHERE dimension = ${literal(group.dimension)} AND member = ${literal(group.member)}
  AND minute >= ${timestamp(new Date(from).toISOString())} AND minute <= ${timestamp(new Date(to).toISOString())}`
}
