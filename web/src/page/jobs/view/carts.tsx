import type { Row } from '../../../api/types.ts'
import { count, moneyCents, moneyExact, percent } from '../../../format.ts'
import { Time } from '../../../ui/state.tsx'
import { Id } from '../cell.tsx'
import { Opened } from '../opened.tsx'
import { computed } from '../opens.ts'
import { useRows } from '../query.ts'
import { jsonOf, number, text } from '../read.ts'
import { useCurrency } from './currency.ts'
import { List, Totals, ViewPanel, type ViewProps } from './frame.tsx'
import { Product, useProductNames } from './product.tsx'

const DAY = `abandoned_at > (SELECT max(abandoned_at) FROM abandoned_carts) - INTERVAL 24 HOUR`

const SUMS = `SELECT currency, count(*) AS carts, sum(value) AS value,
  count(*) FILTER (recovered) AS recovered, coalesce(sum(value) FILTER (recovered), 0) AS recovered_value
FROM abandoned_carts
WHERE ${DAY}
GROUP BY currency
ORDER BY carts DESC`

/** Carts can be counted whatever their currency. */
const COUNTS = `SELECT count(*) AS carts, count(*) FILTER (recovered) AS recovered, count(*) FILTER (NOT recovered) AS left_alone
FROM abandoned_carts
WHERE ${DAY}`

const LIST = `SELECT cart_id, opened_at, abandoned_at, customer_id, anonymous_id, currency, value, pieces, product_ids, recovered, order_id
FROM abandoned_carts
ORDER BY abandoned_at DESC
LIMIT 50`

interface Sum {
  currency: string
  carts: number
  value: number
  recovered: number
  recoveredValue: number
}

const readSum = (row: Row): Sum => ({
  currency: text(row['currency']),
  carts: number(row['carts']),
  value: number(row['value']),
  recovered: number(row['recovered']),
  recoveredValue: number(row['recovered_value']),
})

interface Cart {
  row: Row
  id: string
  at: string
  customer: string
  visitor: string
  currency: string
  value: string
  pieces: number
  products: string[]
  recovered: boolean
  order: string
}

const readCart = (row: Row): Cart => ({
  row,
  id: text(row['cart_id']),
  at: text(row['abandoned_at']),
  customer: text(row['customer_id']),
  visitor: text(row['anonymous_id']),
  currency: text(row['currency']),
  value: text(row['value']),
  pieces: number(row['pieces']),
  products: jsonOf<string[]>(row['product_ids'], []),
  recovered: row['recovered'] === true,
  order: text(row['order_id']),
})

/** Carts that were left alone: how many, what they are worth, and which. */
export function CartsView({ opens }: ViewProps) {
  const sums = useRows(SUMS, readSum)
  const carts = useRows(LIST, readCart)
  const names = useProductNames((carts.items ?? []).flatMap(cart => cart.products.slice(0, 1)))
  const value = (cart: Cart) => (
    <Opened to={opens('abandoned_carts', cart.row, 'value')} exact={moneyExact(cart.value, cart.currency)}>
      <b>{moneyCents(cart.value, cart.currency)}</b>
    </Opened>
  )
  return (
    <ViewPanel
      title="Abandoned carts"
      note="newest first"
      sql={LIST}
      rows={carts}
      empty="No cart has been abandoned."
      height={360}
    >
      {items => (
        <>
          {sums.items && <Sums sums={sums.items} />}
          <List
            label="Abandoned carts"
            rows={items}
            rowKey={cart => `${cart.id}/${cart.at}`}
            narrow={cart => (
              <>
                <p className="narrow-line">
                  {cart.products[0] && <Product id={cart.products[0]} names={names} />}
                  <span className="spacer" />
                  {value(cart)}
                </p>
                <p className="narrow-line small quiet">
                  {cart.recovered ? 'recovered' : cart.customer || cart.visitor}
                  <span className="spacer" />
                  <Time at={cart.at} />
                </p>
              </>
            )}
            columns={[
              { key: 'at', title: 'Abandoned', cell: cart => <Time at={cart.at} /> },
              {
                key: 'value',
                title: 'Value',
                num: true,
                cell: value,
              },
              {
                key: 'pieces',
                title: 'Pieces',
                num: true,
                wide: true,
                cell: cart => (
                  <Opened to={opens('abandoned_carts', cart.row, 'pieces')} exact={count(cart.pieces)}>
                    {count(cart.pieces)}
                  </Opened>
                ),
              },
              {
                key: 'products',
                title: 'Products',
                wide: true,
                cell: cart => (
                  <>
                    {cart.products[0] && <Product id={cart.products[0]} names={names} />}
                    {cart.products.length > 1 && (
                      <span className="quiet" title={cart.products.join(', ')}>
                        {' '}
                        and {cart.products.length - 1} more
                      </span>
                    )}
                  </>
                ),
              },
              {
                key: 'who',
                title: 'Customer',
                cell: cart =>
                  cart.customer ? (
                    <Id name="customer_id" value={cart.customer} />
                  ) : (
                    <span className="quiet">{cart.visitor || 'unknown'}</span>
                  ),
              },
              {
                key: 'recovered',
                title: 'Recovered',
                cell: cart =>
                  cart.recovered ? <Id name="order_id" value={cart.order} /> : <span className="faint">no</span>,
              },
            ]}
          />
        </>
      )}
    </ViewPanel>
  )
}

/** Carts of several currencies are not added; the rest is counted. */
function Sums({ sums }: { sums: Sum[] }) {
  const base = useCurrency()
  const main = sums.find(sum => sum.currency === base) ?? sums[0]
  if (!main) return null
  const carts = sums.reduce((all, sum) => all + sum.carts, 0)
  const recovered = sums.reduce((all, sum) => all + sum.recovered, 0)
  const other =
    sums.length > 1
      ? `${count(main.carts)} carts; ${count(carts - main.carts)} are in other currencies`
      : 'in the last 24 h'
  const counted = (column: string, n: number) => (
    <Opened to={computed(COUNTS, column)} exact={count(n)}>
      {count(n)}
    </Opened>
  )
  const worth = (column: string, value: number) => (
    <Opened to={computed(SUMS, column, { currency: main.currency })} exact={moneyCents(value, main.currency)}>
      {moneyCents(value, main.currency)}
    </Opened>
  )
  return (
    <Totals
      items={[
        {
          label: 'Abandoned in 24 h of event time',
          value: counted('carts', carts),
          under: <>{counted('left_alone', carts - recovered)} not recovered</>,
        },
        {
          label: 'Their value',
          value: worth('value', main.value),
          under: other,
        },
        {
          label: 'Recovered',
          value: counted('recovered', recovered),
          under: (
            <>
              {percent(carts > 0 ? recovered / carts : 0, 1)}, {worth('recovered_value', main.recoveredValue)}
            </>
          ),
        },
      ]}
    />
  )
}
