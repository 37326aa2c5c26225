import { useMemo } from 'react'
import type { Row } from '../../../api/types.ts'
import { count, moneyCents, moneyExact, moneyWhole, percent } from '../../../format.ts'
import { literal, sqlHref } from '../../../metric.ts'
import { Link } from '../../../ui/control.tsx'
import { useRows } from '../query.ts'
import { number, text } from '../read.ts'
import { useCurrency } from './currency.ts'
import { List, Share, ViewPanel } from './frame.tsx'
import { type Cell, sumsBy } from './sums.ts'

const SQL = `SELECT segment, recency_score, frequency_score, count(*) AS customers, sum(value) AS value, sum(orders) AS orders
FROM customer_profiles
GROUP BY ALL
ORDER BY value DESC`

const readCell = (row: Row): Cell => ({
  segment: text(row['segment']),
  recency: number(row['recency_score']),
  frequency: number(row['frequency_score']),
  customers: number(row['customers']),
  value: number(row['value']),
  orders: number(row['orders']),
})

function profilesSql(where: string): string {
  return `SELECT *\nFROM customer_profiles\nWHERE ${where}\nORDER BY value DESC\nLIMIT 1000`
}

/** Who buys: segments of customers by recency, frequency and value. */
export function SegmentsView() {
  const currency = useCurrency()
  const rows = useRows(SQL, readCell)
  return (
    <ViewPanel
      title="Customers by segment"
      note="by recency, frequency and value of their orders"
      sql={SQL}
      rows={rows}
      empty="No customer has ordered yet."
      height={320}
    >
      {items => (
        <div className="segment-halves">
          <Segments cells={items} currency={currency} />
          <Matrix cells={items} currency={currency} />
        </div>
      )}
    </ViewPanel>
  )
}

function Segments({ cells, currency }: { cells: Cell[]; currency: string }) {
  const sums = useMemo(() => sumsBy(cells, cell => cell.segment), [cells])
  const customers = cells.reduce((all, cell) => all + cell.customers, 0)
  const value = cells.reduce((all, cell) => all + cell.value, 0)
  return (
    <List
      label="Segments"
      rows={sums}
      rowKey={([segment]) => segment}
      columns={[
        {
          key: 'segment',
          title: 'Segment',
          cell: ([segment]) => (
            <Link
              href={sqlHref(profilesSql(`segment = ${literal(segment)}`))}
              className="cell-link"
              title="Its customers in SQL"
            >
              {segment.replaceAll('_', ' ')}
            </Link>
          ),
        },
        { key: 'customers', title: 'Customers', num: true, cell: ([, sum]) => <b>{count(sum.customers)}</b> },
        {
          key: 'share',
          title: '',
          num: true,
          wide: true,
          cell: ([, sum]) => <span className="quiet">{percent(customers > 0 ? sum.customers / customers : 0, 1)}</span>,
        },
        {
          key: 'value',
          title: 'Value',
          num: true,
          cell: ([, sum]) => (
            <span title={moneyExact(sum.value.toFixed(2), currency)}>{moneyWhole(sum.value, currency)}</span>
          ),
        },
        {
          key: 'bar',
          title: 'Share of value',
          wide: true,
          cell: ([, sum]) => <Share of={value > 0 ? sum.value / value : 0} />,
        },
        {
          key: 'mean',
          title: 'Per order',
          num: true,
          wide: true,
          cell: ([, sum]) => moneyCents(sum.orders > 0 ? sum.value / sum.orders : 0, currency),
        },
      ]}
    />
  )
}

const SCORES = [1, 2, 3, 4, 5] as const

/** Customers by recency (across) and frequency (up); the deeper the colour, the more of them. */
function Matrix({ cells, currency }: { cells: Cell[]; currency: string }) {
  const sums = useMemo(() => new Map(sumsBy(cells, cell => `${cell.recency}/${cell.frequency}`)), [cells])
  const most = Math.max(...[...sums.values()].map(sum => sum.customers), 1)
  return (
    <table className="matrix">
      <caption className="small faint">
        Customers by when they ordered last (across) and how often (up); 5 is best
      </caption>
      <tbody>
        {[...SCORES].reverse().map(frequency => (
          <tr key={frequency}>
            <th scope="row" className="small">
              {frequency}
            </th>
            {SCORES.map(recency => {
              const sum = sums.get(`${recency}/${frequency}`)
              const share = sum ? Math.sqrt(sum.customers / most) : 0
              return (
                <td key={recency}>
                  <Link
                    href={sqlHref(profilesSql(`recency_score = ${recency} AND frequency_score = ${frequency}`))}
                    aria-label={`Recency ${recency}, frequency ${frequency}: ${count(sum?.customers ?? 0)} customers`}
                    title={`recency ${recency}, frequency ${frequency}: ${count(sum?.customers ?? 0)} customers, ${moneyWhole(sum?.value ?? 0, currency)}`}
                  >
                    <span className="matrix-fill" style={{ opacity: share * 0.5 }} />
                    <span className="matrix-text">{sum ? count(sum.customers) : ''}</span>
                  </Link>
                </td>
              )
            })}
          </tr>
        ))}
        <tr>
          <td />
          {SCORES.map(recency => (
            <th key={recency} scope="col" className="small">
              {recency}
            </th>
          ))}
        </tr>
      </tbody>
    </table>
  )
}
