import type { Row } from '../../../api/types.ts'
import { count, moneyCents, moneyExact } from '../../../format.ts'
import { Time } from '../../../ui/state.tsx'
import { VerdictMark } from '../../../ui/verdict.tsx'
import { Opened } from '../opened.tsx'
import { computed } from '../opens.ts'
import { useRows } from '../query.ts'
import { number, text } from '../read.ts'
import { useCurrency } from './currency.ts'
import { List, Totals, ViewPanel, type ViewProps } from './frame.tsx'
import { Product, useProductNames } from './product.tsx'

const SUMS = `SELECT count(*) FILTER (until IS NULL) AS open, count(*) AS errors, sum(orders) AS orders, sum(value_lost) AS lost
FROM price_errors`

const LIST = `SELECT product_id, since, until, direction, price, expected_price, band_low, band_high, orders, value_lost
FROM price_errors
ORDER BY until IS NOT NULL, since DESC
LIMIT 50`

interface Sum {
  open: number
  errors: number
  orders: number
  lost: string
}

const readSum = (row: Row): Sum => ({
  open: number(row['open']),
  errors: number(row['errors']),
  orders: number(row['orders']),
  lost: text(row['lost']),
})

interface Wrong {
  row: Row
  product: string
  since: string
  until: string
  direction: string
  price: string
  expected: string
  low: string
  high: string
  orders: number
  lost: string
}

const readWrong = (row: Row): Wrong => ({
  row,
  product: text(row['product_id']),
  since: text(row['since']),
  until: text(row['until']),
  direction: text(row['direction']),
  price: text(row['price']),
  expected: text(row['expected_price']),
  low: text(row['band_low']),
  high: text(row['band_high']),
  orders: number(row['orders']),
  lost: text(row['value_lost']),
})

const WORDS: Record<string, string> = { too_low: 'Too low', too_high: 'Too high' }

function Direction({ wrong }: { wrong: Wrong }) {
  return (
    <span className="verdict">
      <VerdictMark verdict={wrong.until ? 'duplicate' : 'rejected'} />
      {WORDS[wrong.direction] ?? wrong.direction}
    </span>
  )
}

/** Prices beyond their band, those that still stand first. */
export function PricesView({ opens }: ViewProps) {
  const currency = useCurrency()
  const sums = useRows(SUMS, readSum)
  const errors = useRows(LIST, readWrong)
  const names = useProductNames((errors.items ?? []).map(wrong => wrong.product))
  const money = (wrong: Wrong, column: string, value: string) => (
    <Opened to={opens('price_errors', wrong.row, column)} exact={moneyExact(value, currency)}>
      {moneyCents(value, currency)}
    </Opened>
  )
  const total = (column: string, text: string) => (
    <Opened to={computed(SUMS, column)} exact={text}>
      {text}
    </Opened>
  )
  const sum = sums.items?.[0]
  return (
    <ViewPanel
      title="Wrong prices"
      note="what is wrong now, then what was"
      sql={LIST}
      rows={errors}
      empty="Every price is within its band."
      height={360}
    >
      {items => (
        <>
          {sum && (
            <Totals
              items={[
                {
                  label: 'Wrong now',
                  value: total('open', count(sum.open)),
                  under: <>{total('errors', count(sum.errors))} in all</>,
                },
                { label: 'Orders at wrong prices', value: total('orders', count(sum.orders)), under: 'in all' },
                {
                  label: 'Value lost',
                  value: total('lost', moneyCents(sum.lost, currency)),
                  under: 'against the expected prices',
                },
              ]}
            />
          )}
          <List
            label="Wrong prices"
            rows={items}
            rowKey={wrong => `${wrong.product}/${wrong.since}`}
            narrow={wrong => (
              <>
                <p className="narrow-line">
                  <Direction wrong={wrong} />
                  <Product id={wrong.product} names={names} />
                  <span className="spacer" />
                  <b>{money(wrong, 'price', wrong.price)}</b>
                </p>
                <p className="narrow-line small quiet">
                  expected {money(wrong, 'expected_price', wrong.expected)}, lost{' '}
                  {money(wrong, 'value_lost', wrong.lost)}
                  <span className="spacer" />
                  <Time at={wrong.since} />
                </p>
              </>
            )}
            columns={[
              {
                key: 'direction',
                title: 'Price is',
                cell: wrong => <Direction wrong={wrong} />,
              },
              { key: 'product', title: 'Product', cell: wrong => <Product id={wrong.product} names={names} /> },
              { key: 'price', title: 'Price', num: true, cell: wrong => <b>{money(wrong, 'price', wrong.price)}</b> },
              {
                key: 'expected',
                title: 'Expected',
                num: true,
                cell: wrong => money(wrong, 'expected_price', wrong.expected),
              },
              {
                key: 'band',
                title: 'Band',
                num: true,
                wide: true,
                cell: wrong => (
                  <span className="quiet">
                    {money(wrong, 'band_low', wrong.low)} to {money(wrong, 'band_high', wrong.high)}
                  </span>
                ),
              },
              {
                key: 'orders',
                title: 'Orders',
                num: true,
                wide: true,
                cell: wrong => (
                  <Opened to={opens('price_errors', wrong.row, 'orders')} exact={count(wrong.orders)}>
                    {count(wrong.orders)}
                  </Opened>
                ),
              },
              { key: 'lost', title: 'Value lost', num: true, cell: wrong => money(wrong, 'value_lost', wrong.lost) },
              { key: 'since', title: 'Since', cell: wrong => <Time at={wrong.since} /> },
              {
                key: 'until',
                title: 'Until',
                wide: true,
                cell: wrong => (wrong.until ? <Time at={wrong.until} /> : 'still'),
              },
            ]}
          />
        </>
      )}
    </ViewPanel>
  )
}
