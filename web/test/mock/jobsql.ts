// Answers to the queries of the page Live jobs.
import type { SqlAnswer } from '../../src/api/types.ts'
import { events } from './data.ts'
import { type Column, MEMBERS, minute, numberOf, PRODUCTS, TABLES } from './jobtables.ts'

type Row = Record<string, unknown>

const MINUTE = 60_000
const LEAST_COLUMNS: Column[] = [['revision_no', 'UBIGINT']]

function answer(columns: Column[], rows: readonly Row[]): SqlAnswer {
  return {
    columns: columns.map(([name, type]) => ({ name, type })),
    rows: rows.map(row => columns.map(([name]) => row[name] ?? null)),
    row_count: rows.length,
    truncated: false,
    elapsed_ms: 4.2,
  }
}

const typed = (text: string): Column[] => text.split(', ').map(part => part.split(' ') as Column)
const sum = (rows: readonly Row[], name: string) => rows.reduce((all, row) => all + Number(row[name] ?? 0), 0)

function groups(rows: readonly Row[], by: string): [string, Row[]][] {
  const all = new Map<string, Row[]>()
  for (const row of rows) all.set(String(row[by]), [...(all.get(String(row[by])) ?? []), row])
  return [...all]
}

function minutes(query: string, now: number): SqlAnswer {
  const dimension = /dimension = '(\w+)'/.exec(query)?.[1] ?? 'total'
  const newest = Math.floor(now / MINUTE) * MINUTE
  if (query.includes('GROUP BY member')) {
    const length = Number(/INTERVAL (\d+)/.exec(query)?.[1] ?? 60)
    const rows = Object.entries(MEMBERS[dimension] ?? {}).map(([member, share]) => {
      const all = Array.from({ length }, (_, i) => minute(newest - i * MINUTE, now, share))
      return { member, revenue: sum(all, 'revenue').toFixed(6), orders: sum(all, 'orders'), units: sum(all, 'units') }
    })
    rows.sort((a, b) => Number(b.revenue) - Number(a.revenue))
    return answer(typed('member VARCHAR, revenue DECIMAL(38,6), orders HUGEINT, units HUGEINT'), rows)
  }
  const member = /member = '(\w+)'/.exec(query)?.[1] ?? 'all'
  const length = Number(/LIMIT (\d+)/.exec(query)?.[1] ?? 60)
  const share = MEMBERS[dimension]?.[member] ?? 0
  const rows = share > 0 ? Array.from({ length }, (_, i) => minute(newest - i * MINUTE, now, share)) : []
  return answer(
    typed(
      'minute TIMESTAMP, revenue DECIMAL(18,6), orders BIGINT, units BIGINT, sessions_with_view BIGINT, open_carts BIGINT, cancellations BIGINT',
    ),
    rows,
  )
}

/** Sums of a table, for the numbers above its rows. */
function sums(table: string, rows: readonly Row[]): SqlAnswer {
  const open = (some: readonly Row[]) => some.filter(row => row['until'] === null).length
  if (table === 'abandoned_carts') {
    const of = groups(rows, 'currency').map(([currency, some]) => {
      const back = some.filter(row => row['recovered'])
      return {
        currency,
        carts: some.length,
        value: sum(some, 'value').toFixed(6),
        recovered: back.length,
        recovered_value: sum(back, 'value').toFixed(6),
      }
    })
    return answer(
      typed('currency VARCHAR, carts BIGINT, value DECIMAL(38,6), recovered BIGINT, recovered_value DECIMAL(38,6)'),
      of,
    )
  }
  if (table === 'fraud_decisions') {
    return answer(typed('decision VARCHAR, payments BIGINT, amount DECIMAL(38,6)'), [
      { decision: 'approve', payments: 18_204, amount: '812044.120000' },
      { decision: 'review', payments: 212, amount: '31877.400000' },
      { decision: 'block', payments: 96, amount: '20114.950000' },
    ])
  }
  if (table === 'stock_alerts') {
    const of = groups(rows, 'kind').map(([kind, some]) => ({ kind, open: open(some), alerts: some.length }))
    return answer(typed('kind VARCHAR, open BIGINT, alerts BIGINT'), of)
  }
  if (table === 'price_errors') {
    const all = {
      open: open(rows),
      errors: rows.length,
      orders: sum(rows, 'orders'),
      lost: sum(rows, 'value_lost').toFixed(6),
    }
    return answer(typed('open BIGINT, errors BIGINT, orders HUGEINT, lost DECIMAL(38,6)'), [all])
  }
  const cells = SEGMENTS.map(([segment, recency_score, frequency_score, customers, value]) => ({
    segment,
    recency_score,
    frequency_score,
    customers,
    value: value.toFixed(6),
    orders: Math.round(customers * frequency_score * 1.4),
  }))
  return answer(
    typed(
      'segment VARCHAR, recency_score INTEGER, frequency_score INTEGER, customers BIGINT, value DECIMAL(38,6), orders HUGEINT',
    ),
    cells,
  )
}

const TOP = typed(
  'rank INTEGER, product_id VARCHAR, score BIGINT, trend BIGINT, views BIGINT, additions BIGINT, purchases BIGINT',
)

/** The top list with what its products' newest rows say. */
function ranked(rows: readonly Row[], now: number): Row[] {
  const newest = new Map(TABLES['popularity']?.rows(now).map(row => [row['product_id'], row]))
  return rows.map(row => ({ ...newest.get(row['product_id']), ...row }))
}

const SEGMENTS: readonly [string, number, number, number, number][] = [
  ['champion', 5, 5, 1204, 2_112_040],
  ['champion', 4, 4, 980, 804_110],
  ['loyal', 3, 4, 1411, 611_920],
  ['loyal', 5, 4, 640, 120_400],
  ['new', 5, 1, 5120, 211_300],
  ['new', 4, 1, 2204, 92_400],
  ['promising', 4, 3, 1804, 240_110],
  ['promising', 5, 2, 1420, 121_004],
  ['needs_attention', 3, 2, 2904, 188_020],
  ['needs_attention', 3, 1, 3911, 140_300],
  ['cannot_lose', 2, 5, 204, 301_440],
  ['at_risk', 2, 3, 1630, 190_205],
  ['at_risk', 1, 3, 990, 88_120],
  ['hibernating', 2, 1, 4410, 150_220],
  ['lost', 1, 1, 8204, 240_110],
  ['lost', 1, 2, 1904, 90_112],
]

/** An answer for a query of jobs' tables, or null for one of others. */
export function runJobSql(query: string, now: number, empty: boolean): SqlAnswer | null {
  if (/AS payment_id\s+FROM events/.test(query)) {
    const id = events[0]?.event_id
    const order = /'(W-\d+)'/.exec(query)?.[1]
    return answer(typed('payment_id VARCHAR, event_id UUID'), order ? [{ payment_id: 'pay-48120', event_id: id }] : [])
  }
  if (/any_value\(product_name\) AS name\s+FROM order_lines\s+WHERE product_id IN/.test(query)) {
    return answer(
      typed('product_id VARCHAR, name VARCHAR'),
      PRODUCTS.map(([product_id, name]) => ({ product_id, name })),
    )
  }
  const named = /FROM "?(\w+)"?/.exec(query)?.[1] ?? ''
  const name = named.replace(/_revisions$/, '')
  const table = TABLES[name]
  if (!table) return null
  if (empty) return answer(named === name ? table.columns : [...LEAST_COLUMNS, ...table.columns], [])
  if (name === 'kpis' && !/SELECT \*/.test(query)) return minutes(query, now)
  let rows = table.rows(now)
  const numbered = named === name ? rows : rows.map((row, i) => ({ revision_no: numberOf(now, i), ...row }))
  if (/SELECT \*/.test(query))
    return answer(named === name ? table.columns : [...LEAST_COLUMNS, ...table.columns], numbered.slice(0, 100))
  if (/count\(\*\)/.test(query)) return sums(name, rows)
  if (name === 'popularity_top') return answer(TOP, ranked(rows, now))
  const hours = name === 'funnel' ? /INTERVAL (\d+) HOUR/.exec(query)?.[1] : undefined
  if (hours) rows = rows.slice(0, Number(hours) * 6)
  const only = /decision = '(\w+)'/.exec(query)?.[1]
  if (only) rows = rows.filter(row => row['decision'] === only)
  return answer(name === 'stock_alerts' ? [...table.columns, ['available', 'BIGINT']] : table.columns, rows)
}
