import { type ReactNode, useMemo } from 'react'
import type { Row } from '../../../api/types.ts'
import { count, moneyCents, moneyExact, moneyWhole, percent } from '../../../format.ts'
import { explainHref, literal, sqlHref } from '../../../metric.ts'
import { Link } from '../../../ui/control.tsx'
import { Opened } from '../opened.tsx'
import { computed } from '../opens.ts'
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

/** As they are shown: of each segment, and of each pair of scores. */
const BY_SEGMENT = `SELECT segment, count(*) AS customers, sum(value) AS value, sum(value) / nullif(sum(orders), 0) AS per_order
FROM customer_profiles
GROUP BY segment`

const BY_SCORES = `SELECT recency_score, frequency_score, count(*) AS customers
FROM customer_profiles
GROUP BY recency_score, frequency_score`

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
  const opened = (segment: string, column: string, shown: ReactNode, exact: string) => (
    <Opened to={computed(BY_SEGMENT, column, { segment })} exact={exact}>
      {shown}
    </Opened>
  )
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
        {
          key: 'customers',
          title: 'Customers',
          num: true,
          cell: ([segment, sum]) => opened(segment, 'customers', <b>{count(sum.customers)}</b>, count(sum.customers)),
        },
        {
          key: 'share',
          title: '',
          num: true,
          wide: true,
          cell: ([, sum]) => (
            <span className="quiet" title={`Computed here: ${count(sum.customers)} of ${count(customers)} customers`}>
              {percent(customers > 0 ? sum.customers / customers : 0, 1)}
            </span>
          ),
        },
        {
          key: 'value',
          title: 'Value',
          num: true,
          cell: ([segment, sum]) =>
            opened(segment, 'value', moneyWhole(sum.value, currency), moneyExact(sum.value.toFixed(2), currency)),
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
          cell: ([segment, sum]) => {
            const mean = moneyCents(sum.orders > 0 ? sum.value / sum.orders : 0, currency)
            return opened(segment, 'per_order', mean, mean)
          },
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
              return (
                <td key={recency}>
                  {sum && (
                    <Link
                      href={explainHref(BY_SCORES, 'customers', { recency_score: recency, frequency_score: frequency })}
                      aria-label={`Recency ${recency}, frequency ${frequency}: ${count(sum.customers)} customers`}
                      title={`recency ${recency}, frequency ${frequency}: ${count(sum.customers)} customers, ${moneyWhole(sum.value, currency)}`}
                    >
                      <span className="matrix-fill" style={{ opacity: Math.sqrt(sum.customers / most) * 0.5 }} />
                      <span className="matrix-text">{count(sum.customers)}</span>
                    </Link>
                  )}
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
