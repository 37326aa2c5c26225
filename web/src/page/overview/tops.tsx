import type { ReactNode } from 'react'
import type { Overview } from '../../api/types.ts'
import { count, countryName, moneyExact, moneyWhole, percent } from '../../format.ts'
import { countrySql, explainHref, productSql, type Span, sqlHref, topSql } from '../../metric.ts'
import { Link, Panel } from '../../ui/control.tsx'
import { Skeleton } from '../../ui/state.tsx'

function spanOf(overview: Overview): Span {
  return { from: overview.from ?? undefined, to: overview.to ?? undefined }
}

function share(value: string, overview: Overview): string {
  const total = Number(overview.kpis.revenue)
  return total > 0 ? percent(Number(value) / total, 1) : ''
}

/** A figure that opens the rows behind it. */
function Figure(props: {
  overview: Overview
  figure: 'revenue' | 'units' | 'orders'
  of: 'product_id' | 'country'
  value: string
  title?: string
  children: ReactNode
}) {
  const { overview, figure, of, value } = props
  const sql = topSql(figure, of, value, spanOf(overview), overview.currency ?? '')
  return (
    <Link href={explainHref(sql, figure)} className="cell-link" title={props.title ?? 'The rows behind it'}>
      {props.children}
    </Link>
  )
}

/** A name over a bar whose length is the row's share of the largest. */
function BarCell({ value, top, children }: { value: number; top: number; children: ReactNode }) {
  return (
    <td className="bar-cell">
      <span className="bar" style={{ width: `${top > 0 ? Math.max((value / top) * 100, 0) : 0}%` }} />
      <span className="bar-text">{children}</span>
    </td>
  )
}

function Waiting() {
  return (
    <div className="waiting">
      {Array.from({ length: 10 }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all alike
        <Skeleton key={i} height={12} width={`${85 - i * 5}%`} />
      ))}
    </div>
  )
}

export function TopProducts({ overview }: { overview: Overview | null }) {
  const rows = overview?.products ?? []
  const top = Math.max(...rows.map(row => Number(row.revenue)), 0)
  return (
    <Panel title="Top products" note="by revenue">
      {!overview ? (
        <Waiting />
      ) : rows.length === 0 ? (
        <p className="panel-empty">No product was sold in this range.</p>
      ) : (
        <table className="table bars">
          <thead>
            <tr>
              <th>Product</th>
              <th className="num wide-only">Code</th>
              <th className="num">Revenue</th>
              <th className="num wide-only">Share</th>
              <th className="num wide-only">Units</th>
              <th className="num wide-only">Orders</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(row => (
              <tr key={row.product_id}>
                <BarCell value={Number(row.revenue)} top={top}>
                  <Link
                    href={sqlHref(productSql(row.product_id, spanOf(overview)))}
                    title={`${row.name}: its rows in SQL`}
                  >
                    {row.name.trim() || row.product_id}
                  </Link>
                </BarCell>
                <td className="num quiet wide-only">{row.product_id}</td>
                <td className="num">
                  <Figure
                    overview={overview}
                    figure="revenue"
                    of="product_id"
                    value={row.product_id}
                    title={`${moneyExact(row.revenue, overview.currency)}: the rows behind it`}
                  >
                    {moneyWhole(row.revenue, overview.currency)}
                  </Figure>
                </td>
                <td className="num quiet wide-only">{share(row.revenue, overview)}</td>
                <td className="num quiet wide-only">
                  <Figure overview={overview} figure="units" of="product_id" value={row.product_id}>
                    {count(row.units)}
                  </Figure>
                </td>
                <td className="num quiet wide-only">
                  <Figure overview={overview} figure="orders" of="product_id" value={row.product_id}>
                    {count(row.orders)}
                  </Figure>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  )
}

export function TopCountries({ overview }: { overview: Overview | null }) {
  const rows = overview?.countries ?? []
  const top = Math.max(...rows.map(row => Number(row.revenue)), 0)
  return (
    <Panel title="Countries" note="by revenue">
      {!overview ? (
        <Waiting />
      ) : rows.length === 0 ? (
        <p className="panel-empty">No order has a country in this range.</p>
      ) : (
        <table className="table bars">
          <thead>
            <tr>
              <th>Country</th>
              <th className="num">Revenue</th>
              <th className="num">Share</th>
              <th className="num wide-only">Orders</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(row => (
              <tr key={row.country}>
                <BarCell value={Number(row.revenue)} top={top}>
                  <Link href={sqlHref(countrySql(row.country, spanOf(overview)))} title="By month, in SQL">
                    {countryName(row.country)}
                  </Link>
                </BarCell>
                <td className="num">
                  <Figure
                    overview={overview}
                    figure="revenue"
                    of="country"
                    value={row.country}
                    title={`${moneyExact(row.revenue, overview.currency)}: the rows behind it`}
                  >
                    {moneyWhole(row.revenue, overview.currency)}
                  </Figure>
                </td>
                <td className="num quiet">{share(row.revenue, overview)}</td>
                <td className="num quiet wide-only">
                  <Figure overview={overview} figure="orders" of="country" value={row.country}>
                    {count(row.orders)}
                  </Figure>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  )
}
