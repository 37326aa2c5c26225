// Answers to the queries that the console and its tests ask; a stand-in for the database, not an engine.
import { readFileSync } from 'node:fs'
import type { Problem, SqlAnswer } from '../../src/api/types.ts'
import { events } from './data.ts'

const columns = (text: string) =>
  text.split(', ').map(part => {
    const [name = '', type = ''] = part.split(' ')
    return { name, type }
  })

function answer(names: string, rows: unknown[][], elapsed = 3.4): SqlAnswer {
  return { columns: columns(names), rows, row_count: rows.length, truncated: false, elapsed_ms: elapsed }
}

function months(): unknown[][] {
  const days = JSON.parse(readFileSync(new URL('./fixture/days.json', import.meta.url), 'utf8')) as [string, string][]
  const sums = new Map<string, number>()
  for (const [date, revenue] of days) {
    const month = date.slice(0, 7)
    sums.set(month, (sums.get(month) ?? 0) + Math.round(Number(revenue) * 1000))
  }
  return [...sums].map(([month, milli]) => [`${month}-01 00:00:00`, (milli / 1000).toFixed(6)])
}

/** The position of the first word that is no SQL at the start of a statement. */
function mistake(query: string): Problem | null {
  const first = /^\s*(--[^\n]*\n\s*)*(\w+)/.exec(query)?.[2] ?? ''
  if (/^(insert|update|delete|drop|create|attach|copy|pragma|set|install|load)$/i.test(first)) {
    return {
      status: 403,
      title: 'Not a query',
      detail: `${first.toUpperCase()} is not allowed here: this connection only reads.`,
    }
  }
  const at = query.search(/\bform\b|\bselec\b/i)
  if (at < 0) return null
  const lines = query.slice(0, at).split('\n')
  const word = /^\w+/.exec(query.slice(at))?.[0] ?? ''
  return {
    status: 400,
    title: 'The query is not right',
    detail: 'The database could not read the query.',
    errors: [
      {
        message: `Parser Error: syntax error at or near "${word}"`,
        location: `line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`,
      },
    ],
  }
}

export function runSql(query: string): SqlAnswer | Problem {
  const wrong = mistake(query)
  if (wrong) return wrong
  if (/nothing/.test(query)) return answer('event_id UUID', [])
  if (/date_trunc\('month'/.test(query)) return answer('month TIMESTAMP, revenue DECIMAL(38,6)', months(), 11.2)
  if (/^SELECT sum\(amount\) AS revenue/.test(query)) return answer('revenue DECIMAL(38,6)', [['9769872.054000']], 6.1)
  if (/any_value\(product_name\) AS name, sum\(amount\) AS revenue/.test(query)) {
    const wanted = /ILIKE '%(.*?)%'/.exec(query)?.[1]?.toLowerCase() ?? ''
    const hit = events.filter(e => e.raw[3].toLowerCase().includes(wanted)).slice(0, 3)
    return answer(
      'product_id VARCHAR, name VARCHAR, revenue DECIMAL(38,6)',
      hit.map(e => [e.raw[2], e.raw[3].trim(), e.amount]),
    )
  }
  if (/country, sum\(amount\) AS revenue/.test(query)) {
    return answer('country VARCHAR, revenue DECIMAL(38,6), orders BIGINT', [
      ['GB', '8209930.484000', 18019],
      ['NL', '284661.540000', 95],
      ['IE', '263276.820000', 288],
      ['DE', '221698.210000', 457],
      ['FR', '197403.900000', 392],
    ])
  }
  const rows = events
    .filter(e => e.verdict === 'accepted')
    .slice(0, 500)
    .map(e => [
      e.event_time?.replace('T', ' ').replace('Z', ''),
      e.order_id,
      e.order_id.startsWith('C') ? 'cancellation' : 'sale',
      e.raw[2],
      e.raw[3].trim(),
      e.raw[4],
      Number(e.raw[6]).toFixed(6),
      e.amount,
      e.country,
      e.event_id,
    ])
  return answer(
    'event_time TIMESTAMP, order_id VARCHAR, kind VARCHAR, product_id VARCHAR, product_name VARCHAR, quantity BIGINT, unit_price DECIMAL(18,6), amount DECIMAL(18,6), country VARCHAR, event_id UUID',
    rows,
    18.7,
  )
}
