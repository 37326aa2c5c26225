import type { Row } from '../../../api/types.ts'
import { count, countryName, moneyExact, moneyWhole, percent } from '../../../format.ts'
import { literal } from '../../../metric.ts'
import { patched, usePatch, usePlace } from '../../../router.ts'
import { Link, Segments } from '../../../ui/control.tsx'
import { newest } from '../bound.ts'
import { Opened } from '../opened.tsx'
import { computed } from '../opens.ts'
import { useRows } from '../query.ts'
import { number, text } from '../read.ts'
import { List, Share, ViewPanel } from './frame.tsx'

const DIMENSIONS = { channel: 'Channel', country: 'Country', device: 'Device' } as const
type Dimension = keyof typeof DIMENSIONS

interface Part {
  member: string
  revenue: string
  orders: number
  units: number
}

const readPart = (row: Row): Part => ({
  member: text(row['member']),
  revenue: text(row['revenue']),
  orders: number(row['orders']),
  units: number(row['units']),
})

function partsSql(dimension: Dimension, minutes: number, bound: string): string {
  return `SELECT member, sum(revenue) AS revenue, sum(orders) AS orders, sum(units) AS units
FROM kpis
WHERE dimension = ${literal(dimension)}
  AND ${newest('kpis', 'minute', `${minutes} MINUTE`, bound)}
GROUP BY member
ORDER BY revenue DESC
LIMIT 12`
}

/** The same stretch by channel, country or device; a member chosen here is what the curve shows. */
export function Breakdown({
  bound,
  span,
  group,
  currency,
}: {
  bound: string
  span: number
  group: { dimension: string; member: string }
  currency: string
}) {
  const place = usePlace()
  const patch = usePatch()
  const asked = place.params.get('split') ?? ''
  const dimension: Dimension = asked in DIMENSIONS ? (asked as Dimension) : 'channel'
  const sql = partsSql(dimension, span, bound)
  const rows = useRows(sql, readPart)
  const all = (rows.items ?? []).reduce((sum, part) => sum + Math.max(Number(part.revenue), 0), 0)
  const name = (member: string) => (dimension === 'country' ? countryName(member) : member)
  const opened = (column: string, part: Part, shown: string, exact = shown) => (
    <Opened to={computed(sql, column, { member: part.member })} exact={exact}>
      {shown}
    </Opened>
  )
  const tools = (
    <Segments
      label="Split by"
      value={dimension}
      choices={(Object.keys(DIMENSIONS) as Dimension[]).map(value => ({ value, label: DIMENSIONS[value] }))}
      onChange={value => patch({ split: value === 'channel' ? null : value }, { replace: true })}
    />
  )
  return (
    <ViewPanel title={`By ${dimension}`} sql={sql} rows={rows} empty="No figures yet." height={160} tools={tools}>
      {items => (
        <List
          label={`Figures by ${dimension}`}
          rows={items}
          rowKey={part => part.member}
          columns={[
            {
              key: 'member',
              title: DIMENSIONS[dimension],
              cell: part => (
                <Link
                  href={patched(place, { by: dimension, member: part.member })}
                  className="cell-link"
                  aria-current={group.dimension === dimension && group.member === part.member ? 'true' : undefined}
                  title="Show its curve above"
                >
                  {name(part.member)}
                </Link>
              ),
            },
            {
              key: 'revenue',
              title: 'Revenue',
              num: true,
              cell: part =>
                opened('revenue', part, moneyWhole(part.revenue, currency), moneyExact(part.revenue, currency)),
            },
            {
              key: 'bar',
              title: 'Share',
              wide: true,
              cell: part => <Share of={all > 0 ? Number(part.revenue) / all : 0} />,
            },
            {
              key: 'share',
              title: '',
              num: true,
              cell: part => <span className="quiet">{percent(all > 0 ? Number(part.revenue) / all : 0, 1)}</span>,
            },
            {
              key: 'orders',
              title: 'Orders',
              num: true,
              cell: part => opened('orders', part, count(part.orders)),
            },
            {
              key: 'units',
              title: 'Units',
              num: true,
              wide: true,
              cell: part => opened('units', part, count(part.units)),
            },
          ]}
        />
      )}
    </ViewPanel>
  )
}
