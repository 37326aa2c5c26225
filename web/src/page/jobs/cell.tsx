import { plain } from '../../format.ts'
import { productSql, sqlHref } from '../../metric.ts'
import { Link } from '../../ui/control.tsx'
import { Time } from '../../ui/state.tsx'
import { groupDigits, NUMERIC } from '../sql/shape.ts'
import { Opened } from './opened.tsx'
import type { Opening } from './opens.ts'

/** Where the value of a column leads, by the column's name. */
function hrefOf(name: string, value: string): string | null {
  const encoded = encodeURIComponent(value)
  if (name === 'event_id') return `/events/${encoded}`
  if (name === 'order_id' || name === 'customer_id') return `/events?${name}=${encoded}`
  if (name === 'product_id') return sqlHref(productSql(value, {}))
  return null
}

/** An id that opens what is known of it. */
export function Id({ name, value }: { name: string; value: string }) {
  const href = value === '' ? null : hrefOf(name, value)
  if (!href) return <>{value}</>
  return (
    <Link href={href} className="cell-link" title={value}>
      {value}
    </Link>
  )
}

/** A value of a job's table, or of a message. */
export function Cell({
  name,
  type,
  value,
  opens,
}: {
  name: string
  type: string
  value: unknown
  opens?: Opening | null
}) {
  if (value === null || value === undefined) return <span className="faint">null</span>
  if (type.startsWith('TIMESTAMP')) return <Time at={plain(value)} />
  if (NUMERIC.test(type)) {
    const shown = groupDigits(plain(value))
    if (!opens) return <>{shown}</>
    return (
      <Opened to={opens} exact={shown}>
        {shown}
      </Opened>
    )
  }
  if (typeof value === 'boolean') return <>{value ? 'yes' : 'no'}</>
  return <Id name={name} value={plain(value)} />
}
