import type { Row } from '../../../api/types.ts'
import { count } from '../../../format.ts'
import { Time } from '../../../ui/state.tsx'
import { VerdictMark } from '../../../ui/verdict.tsx'
import { brief } from '../behind.ts'
import { Id } from '../cell.tsx'
import { Opened } from '../opened.tsx'
import { computed } from '../opens.ts'
import { useRows } from '../query.ts'
import { number, text } from '../read.ts'
import { List, Totals, ViewPanel, type ViewProps } from './frame.tsx'
import { Product, useProductNames } from './product.tsx'

const SUMS = `SELECT kind, count(*) FILTER (until IS NULL) AS open, count(*) AS alerts
FROM stock_alerts
GROUP BY kind
ORDER BY kind`

const LIST = `SELECT a.product_id, a.location_id, a.kind, a.since, a.until, a.order_id, a.lowest, s.available
FROM stock_alerts a
LEFT JOIN stock s USING (product_id, location_id)
ORDER BY a.until IS NOT NULL, a.since DESC
LIMIT 50`

interface Sum {
  kind: string
  open: number
  alerts: number
}

const readSum = (row: Row): Sum => ({
  kind: text(row['kind']),
  open: number(row['open']),
  alerts: number(row['alerts']),
})

interface Alert {
  row: Row
  product: string
  location: string
  kind: string
  since: string
  until: string
  order: string
  lowest: number
  available: number
}

const readAlert = (row: Row): Alert => ({
  row,
  product: text(row['product_id']),
  location: text(row['location_id']),
  kind: text(row['kind']),
  since: text(row['since']),
  until: text(row['until']),
  order: text(row['order_id']),
  lowest: number(row['lowest']),
  available: number(row['available']),
})

const WORDS: Record<string, string> = { low: 'Low', oversold: 'Oversold' }

function Kind({ kind }: { kind: string }) {
  return (
    <span className="verdict">
      <VerdictMark verdict={kind === 'oversold' ? 'rejected' : 'quarantined'} />
      {WORDS[kind] ?? kind}
    </span>
  )
}

/** Products of which too little is available, those that still are first. */
export function StockView({ opens }: ViewProps) {
  const sums = useRows(SUMS, readSum)
  const alerts = useRows(LIST, readAlert)
  const names = useProductNames((alerts.items ?? []).map(alert => alert.product))
  const available = (alert: Alert) => (
    <Opened to={opens('stock', alert.row, 'available')} exact={count(alert.available)}>
      <b>{count(alert.available)}</b>
    </Opened>
  )
  const summed = (sum: Sum, column: 'open' | 'alerts') => (
    <Opened to={computed(SUMS, column, { kind: sum.kind })} exact={count(sum[column])}>
      {count(sum[column])}
    </Opened>
  )
  return (
    <ViewPanel
      title="Stock alerts"
      note="what is low or oversold now, then what was"
      sql={LIST}
      rows={alerts}
      empty="Of every product enough is available."
      height={360}
    >
      {items => (
        <>
          {sums.items && (
            <Totals
              items={sums.items.map(sum => ({
                label: WORDS[sum.kind] ?? sum.kind,
                value: <>{summed(sum, 'open')} now</>,
                under: <>{summed(sum, 'alerts')} in all</>,
              }))}
            />
          )}
          <List
            label="Stock alerts"
            rows={items}
            rowKey={alert => `${alert.product}/${alert.location}/${alert.kind}/${alert.since}`}
            narrow={alert => (
              <>
                <p className="narrow-line">
                  <Kind kind={alert.kind} />
                  <Product id={alert.product} names={names} />
                  <span className="spacer" />
                  {available(alert)}
                </p>
                <p className="narrow-line small quiet">
                  {alert.location}
                  <span className="spacer" />
                  {alert.until ? 'over, since ' : 'since '}
                  <Time at={alert.since} />
                </p>
              </>
            )}
            columns={[
              { key: 'kind', title: 'Alert', cell: alert => <Kind kind={alert.kind} /> },
              { key: 'product', title: 'Product', cell: alert => <Product id={alert.product} names={names} /> },
              { key: 'location', title: 'Location', wide: true, cell: alert => alert.location },
              { key: 'available', title: 'Available now', num: true, cell: available },
              {
                key: 'lowest',
                title: 'Lowest',
                num: true,
                cell: alert => (
                  <Opened to={opens('stock_alerts', alert.row, 'lowest')} exact={count(alert.lowest)}>
                    {count(alert.lowest)}
                  </Opened>
                ),
              },
              { key: 'since', title: 'Since', cell: alert => <Time at={alert.since} /> },
              {
                key: 'until',
                title: 'For',
                wide: true,
                cell: alert =>
                  alert.until ? (
                    <span className="quiet">{brief(Date.parse(alert.until) - Date.parse(alert.since))}</span>
                  ) : (
                    'still'
                  ),
              },
              {
                key: 'order',
                title: 'Began with order',
                wide: true,
                cell: alert => <Id name="order_id" value={alert.order} />,
              },
            ]}
          />
        </>
      )}
    </ViewPanel>
  )
}
