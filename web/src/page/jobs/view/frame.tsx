import type { ReactNode } from 'react'
import { sqlHref } from '../../../metric.ts'
import { Frame, Link, Panel } from '../../../ui/control.tsx'
import { Icon } from '../../../ui/icon.tsx'
import { useNarrow } from '../../../ui/screen.ts'
import { Failure, Skeleton, Stale } from '../../../ui/state.tsx'
import type { Opens } from '../opens.ts'
import type { Rows } from '../query.ts'

/** What every view is given. */
export interface ViewProps {
  /** Where event time is, for SQL; see boundOf. */
  bound: string
  opens: Opens
}

interface PanelProps<T> {
  title: string
  note?: string
  /** What the view asks; one press opens it. */
  sql: string
  rows: Rows<T>
  /** Said when there are no rows. */
  empty: string
  /** Kept while the rows are on their way. */
  height: number
  tools?: ReactNode
  children: (items: T[]) => ReactNode
}

/** A view of a job's table, in all its states. */
export function ViewPanel<T>({ title, note, sql, rows, empty, height, tools, children }: PanelProps<T>) {
  const { items, error } = rows
  return (
    <Panel
      title={title}
      note={note}
      className="job-view"
      actions={
        <span className="tools">
          {tools}
          <Link
            className="button ghost only"
            href={sqlHref(sql)}
            aria-label={`${title}: open in SQL`}
            title={`Open in SQL\n\n${sql}`}
          >
            <Icon name="sql" />
          </Link>
        </span>
      }
    >
      {error && items && <Stale since={rows.at}>{error.message} Trying again.</Stale>}
      {items ? (
        items.length > 0 ? (
          children(items)
        ) : (
          <p className="panel-empty">{empty}</p>
        )
      ) : error ? (
        <Failure what={`${title} could not be read`} error={error} onRetry={rows.retry} />
      ) : (
        <div className="waiting" style={{ minHeight: height }}>
          <Skeleton lines={Math.floor(height / 40)} />
        </div>
      )}
    </Panel>
  )
}

export interface ListColumn<T> {
  key: string
  title: string
  num?: boolean
  /** Left out on a phone. */
  wide?: boolean
  cell: (row: T) => ReactNode
}

/** A plain table of a few rows. */
export function List<T>({
  label,
  columns,
  rows,
  rowKey,
  narrow,
}: {
  label: string
  columns: readonly ListColumn<T>[]
  rows: readonly T[]
  rowKey: (row: T) => string
  /** How a row looks on a phone, where it is more than a few short columns. */
  narrow?: (row: T) => ReactNode
}) {
  const phone = useNarrow()
  const classOf = (column: ListColumn<T>) => `${column.num ? 'num' : ''}${column.wide ? ' wide-only' : ''}`
  if (phone && narrow) {
    return (
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling frame must be reachable by keyboard
      <ul className="job-list job-narrow" tabIndex={0} aria-label={label}>
        {rows.map(row => (
          <li key={rowKey(row)}>{narrow(row)}</li>
        ))}
      </ul>
    )
  }
  return (
    <Frame label={label} className="job-list">
      <table className="table">
        <thead>
          <tr>
            {columns.map(column => (
              <th key={column.key} className={classOf(column)}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(row => (
            <tr key={rowKey(row)}>
              {columns.map(column => (
                <td key={column.key} className={classOf(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Frame>
  )
}

/** Numbers above a list. */
export function Totals({
  items,
}: {
  items: readonly { label: string; value: ReactNode; under?: ReactNode; title?: string }[]
}) {
  return (
    <div className="totals job-totals">
      {items.map(item => (
        <div key={item.label} className="total" title={item.title}>
          <span className="small faint">{item.label}</span>
          <span className="total-value">{item.value}</span>
          {item.under && <span className="small quiet">{item.under}</span>}
        </div>
      ))}
    </div>
  )
}

/** A bar that is as long as a share of the widest. */
export function Share({ of, tone = '' }: { of: number; tone?: string }) {
  return (
    <span className={`share ${tone}`}>
      <span style={{ width: `${Math.min(Math.max(of, 0), 1) * 100}%` }} />
    </span>
  )
}
