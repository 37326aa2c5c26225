import assert from 'node:assert/strict'
import { test } from 'node:test'
import { condense } from '../../src/chart/spark.tsx'
import { productSql, seriesSql, topSql } from '../../src/metric.ts'
import { stretchAt } from '../../src/page/sql/position.ts'
import { chartOf, groupDigits } from '../../src/page/sql/shape.ts'
import { toCsv } from '../../src/ui/csv.ts'
import { shares } from '../../src/ui/shares.ts'

test('the ledger bar fills its width exactly, and hides no verdict that occurred', () => {
  const widths = shares([540_643, 18, 2529, 3], 543_193)
  assert.ok(Math.abs(widths.reduce((a, b) => a + b, 0) - 100) < 1e-9)
  assert.ok(widths.every(width => width >= 0.6))
  assert.deepEqual(shares([0, 0, 0, 0], 0), [0, 0, 0, 0])
})

test('a ledger that is short leaves a gap of the size that is missing', () => {
  const widths = shares([480_000, 0, 2000, 0], 543_193)
  const filled = widths.reduce((a, b) => a + b, 0)
  assert.ok(Math.abs(filled - (482_000 / 543_193) * 100) < 1e-9)
})

test('a figure of a list counts what the overview counts, of one product or country', () => {
  assert.equal(
    topSql('orders', 'product_id', "O'Neill", { from: '2011-01-01T00:00:00Z' }, 'GBP'),
    `SELECT count(DISTINCT order_id) FILTER (kind = 'sale') AS orders
FROM order_lines
WHERE kind IN ('sale', 'cancellation')
  AND product_id = 'O''Neill'
  AND currency = 'GBP'
  AND event_time >= TIMESTAMP '2011-01-01 00:00:00'`,
  )
  assert.match(topSql('revenue', 'country', '', {}, ''), /country IS NULL\n {2}AND currency IS NULL$/)
})

test('an error is marked at its word', () => {
  const text = 'SELECT sum(amount)\nFORM order_lines'
  assert.deepEqual(stretchAt(text, 'line 2, column 1', 0), { from: 19, to: 23 })
  assert.deepEqual(stretchAt(text, 'line 9, column 99', 0), { from: 34, to: 35 })
  const selected = `-- before\n${text}`
  assert.deepEqual(stretchAt(selected, 'line 2, column 1', 10), { from: 29, to: 33 })
})

test('a chart is drawn where a result has something to draw', () => {
  const answer = (types: [string, string][], rows: unknown[][]) => ({
    columns: types.map(([name, type]) => ({ name, type })),
    rows,
    row_count: rows.length,
    truncated: false,
    elapsed_ms: 1,
  })
  const months = answer(
    [
      ['month', 'TIMESTAMP'],
      ['revenue', 'DECIMAL(38,6)'],
    ],
    [
      ['2011-01-01 00:00:00', '560000.26'],
      ['2010-12-01 00:00:00', '748957.02'],
    ],
  )
  assert.deepEqual(chartOf(months)?.times, [Date.parse('2010-12-01'), Date.parse('2011-01-01')])
  assert.equal(
    chartOf(
      answer(
        [
          ['country', 'VARCHAR'],
          ['n', 'BIGINT'],
        ],
        [
          ['GB', 2],
          ['DE', 1],
        ],
      ),
    )?.kind,
    'bars',
  )
  assert.equal(
    chartOf(
      answer(
        [
          ['a', 'VARCHAR'],
          ['b', 'VARCHAR'],
        ],
        [
          ['x', 'y'],
          ['x', 'y'],
        ],
      ),
    ),
    null,
  )
  assert.equal(chartOf(answer([['n', 'BIGINT']], [[1]])), null)
})

test('digits are grouped without losing one', () => {
  assert.equal(groupDigits('9769872.054000'), '9,769,872.054')
  assert.equal(groupDigits('2011'), '2011')
  assert.equal(groupDigits('541909'), '541,909')
  assert.equal(groupDigits('-12.5'), '−12.50')
  assert.equal(groupDigits('1e5'), '1e5')
})

test('rows leave as CSV that a spreadsheet reads back', () => {
  const columns = [
    { title: 'name', text: (row: string[]) => row[0] ?? '' },
    { title: 'says "x"', text: (row: string[]) => row[1] ?? '' },
  ]
  assert.equal(
    toCsv(columns, [
      ['a,b', 'line\nbreak'],
      ['plain', ''],
    ]),
    'name,"says ""x"""\n"a,b","line\nbreak"\nplain,\n',
  )
})

test('a long series is condensed to means', () => {
  assert.deepEqual(condense([1, 3, 5, 7], 2), [2, 6])
  assert.equal(condense(Array(91).fill(1), 30).length, 30)
})

test('a metric’s own query becomes its series', () => {
  const sql = "SELECT sum(quantity) AS units\nFROM order_lines\nWHERE kind = 'sale'"
  const definition = { name: 'units', label: '', unit: 'count' as const, text: '', formula: '', rows_sql: '', sql }
  assert.equal(
    seriesSql(definition, 'week'),
    "SELECT date_trunc('week', event_time) AS time, sum(quantity) AS units\nFROM order_lines\nWHERE kind = 'sale'\nGROUP BY ALL\nORDER BY time",
  )
})

test('ids are quoted, and ranges are half open', () => {
  const span = { from: '2011-09-11T00:00:00Z', to: '2011-12-10T00:00:00.000Z' }
  assert.match(productSql("O'BRIEN", span), /product_id = 'O''BRIEN'/)
  assert.match(productSql('x', span), /event_time >= TIMESTAMP '2011-09-11 00:00:00'/)
  assert.match(productSql('x', span), /event_time < TIMESTAMP '2011-12-10 00:00:00'/)
  assert.doesNotMatch(productSql('x', {}), /event_time [<>]/)
})
