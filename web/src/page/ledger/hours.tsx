import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { api } from '../../api/client.ts'
import type { LedgerColumn } from '../../api/reconcile.ts'
import type { Ledger, LedgerRow } from '../../api/types.ts'
import { count, timeOf } from '../../format.ts'
import { ledgerHref } from '../../metric.ts'
import { patched, usePatch, usePlace } from '../../router.ts'
import { Link, Panel, Segments } from '../../ui/control.tsx'
import { type Column, Grid } from '../../ui/grid.tsx'
import { Balance, LedgerSum } from '../../ui/ledger.tsx'
import { Empty, Failure, Loading, Skeleton, Stale } from '../../ui/state.tsx'
import { judged } from '../../ui/verdict.tsx'
import { Behind } from './behind.tsx'
import {
  COLUMNS,
  cellOf,
  type Days,
  daysOf,
  HOUR_MS,
  hoursOf,
  periodOf,
  SPANS,
  type Span,
  spanOf,
  totalOf,
} from './view.ts'

/** The ledger by source and hour of receipt. */
export function Hours() {
  const place = usePlace()
  const patch = usePatch()
  const span = spanOf(place.params)
  const days = daysOf(place.params)
  const source = place.params.get('source') ?? ''
  const off = place.params.get('off') === '1'
  const query = useQuery({
    queryKey: ['ledger', 'hour', days ?? span],
    queryFn: ({ signal }) =>
      api.ledger(
        {
          by: 'hour',
          ...(days ? periodOf(days) : { from: new Date(Date.now() - SPANS[span].hours * HOUR_MS).toISOString() }),
        },
        signal,
      ),
    placeholderData: keepPreviousData,
    refetchInterval: 3000,
  })
  const all = query.data?.rows
  const sources = useMemo(() => [...new Set((all ?? []).map(row => row.source))].sort(), [all])
  const rows = useMemo(() => {
    const kept = (all ?? []).filter(row => (!source || row.source === source) && (!off || !isBalanced(row)))
    return kept.sort((a, b) => (b.hour ?? '').localeCompare(a.hour ?? '') || a.source.localeCompare(b.source))
  }, [all, source, off])
  if (!query.data) {
    return query.error ? (
      <Failure
        what="The ledger could not be read"
        error={query.error}
        holds="Events are counted on, and none is lost by this."
        onRetry={() => void query.refetch()}
      />
    ) : (
      <div className="panel waiting">
        <Loading what="the ledger" />
        <Skeleton lines={10} />
      </div>
    )
  }
  const cell = cellOf(place.params)
  const hours = hoursOf(rows)
  const wrong = (all ?? []).filter(row => !isBalanced(row)).length
  return (
    <>
      {query.error && <Stale since={query.dataUpdatedAt}>{query.error.message} Trying again.</Stale>}
      <div className="ledger-tools">
        <Period span={span} days={days} />
        <label className="ledger-source">
          <span className="quiet">Source</span>
          <select value={source} onChange={event => patch({ source: event.target.value || null })}>
            <option value="">all</option>
            {[...new Set([...sources, ...(source ? [source] : [])])].map(name => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label className="check">
          <input type="checkbox" checked={off} onChange={() => patch({ off: off ? null : '1' })} />
          Only what does not balance ({count(wrong)})
        </label>
      </div>
      <Panel title="In this period" note="received = accepted + duplicate + quarantined + rejected">
        <div className="ledger-pad">
          <LedgerSum ledger={totalOf(rows)} opens={off ? undefined : column => ledgerHref(column, hours, source)} />
        </div>
      </Panel>
      {cell && <Behind cell={cell} />}
      {rows.length === 0 ? (
        <Empty title={off ? 'Every row balances' : 'Nothing was received in this period'}>
          <p>{off ? 'All rows of the period balance.' : 'Choose a longer period, or another source.'}</p>
        </Empty>
      ) : (
        <section className="panel job-rows ledger-rows" aria-label="Ledger by hour and source">
          <Rows rows={rows} />
        </section>
      )}
    </>
  )
}

const TODAY = () => new Date().toISOString().slice(0, 10)

/** The last hours or days, or days that somebody chooses. */
function Period({ span, days }: { span: Span; days: Days | null }) {
  const patch = usePatch()
  const choices = (Object.keys(SPANS) as Span[]).map(value => ({
    value: value as Span | 'days',
    label: SPANS[value].label,
  }))
  const choose = (value: Span | 'days') => {
    if (value === 'days') patch({ span: null, first: TODAY(), last: TODAY(), cell: null })
    else patch({ span: value === '24h' ? null : value, first: null, last: null, cell: null })
  }
  const set = (next: Days) => {
    const ordered = next.first <= next.last
    patch({ first: ordered ? next.first : next.last, last: ordered ? next.last : next.first, cell: null })
  }
  return (
    <>
      <Segments<Span | 'days'>
        label="Received in"
        value={days ? 'days' : span}
        choices={[...choices, { value: 'days', label: 'Days…' }]}
        onChange={choose}
      />
      {days && (
        <span className="ledger-source">
          <input
            type="date"
            aria-label="First day, UTC"
            value={days.first}
            onChange={event => event.target.value && set({ ...days, first: event.target.value })}
          />
          <span className="quiet">to</span>
          <input
            type="date"
            aria-label="Last day, UTC"
            value={days.last}
            onChange={event => event.target.value && set({ ...days, last: event.target.value })}
          />
          <span className="quiet">UTC</span>
        </span>
      )}
    </>
  )
}

function isBalanced(row: Ledger): boolean {
  return row.balanced && row.received === judged(row)
}

/** The start of a row's hour, without seconds. */
function hourOf(row: LedgerRow): string {
  return timeOf(row.hour ?? '').replace(/:\d\d$/, '')
}

function Rows({ rows }: { rows: readonly LedgerRow[] }) {
  const place = usePlace()
  const columns = useMemo(() => {
    const link = (row: LedgerRow, verdict: LedgerColumn) =>
      patched(place, { cell: `${verdict} ${row.hour ?? ''} ${row.source}` })
    const hour: Column<LedgerRow> = {
      key: 'hour',
      title: 'Hour of receipt',
      width: 164,
      cell: row => <time dateTime={row.hour}>{hourOf(row)}</time>,
      text: row => row.hour ?? '',
      compare: (a, b) => (a.hour ?? '').localeCompare(b.hour ?? ''),
    }
    const source: Column<LedgerRow> = {
      key: 'source',
      title: 'Source',
      width: 120,
      cell: row => row.source,
      text: row => row.source,
      compare: (a, b) => a.source.localeCompare(b.source),
    }
    const numbers = COLUMNS.map(
      (c): Column<LedgerRow> => ({
        key: c.key,
        title: c.label,
        width: 88,
        align: 'end',
        cell: row =>
          row[c.key] === 0 ? (
            <span className="faint">0</span>
          ) : (
            <Link
              href={link(row, c.key)}
              className="cell-link"
              aria-label={`${count(row[c.key])} ${c.label.toLowerCase()}, ${row.source}, ${timeOf(row.hour ?? '')}`}
            >
              {count(row[c.key])}
            </Link>
          ),
        text: row => String(row[c.key]),
        compare: (a, b) => a[c.key] - b[c.key],
      }),
    )
    const balance: Column<LedgerRow> = {
      key: 'balance',
      title: 'Balance',
      width: 138,
      cell: row => <Balance ledger={row} />,
      text: row => (isBalanced(row) ? 'balanced' : 'not balanced'),
    }
    return [hour, source, balance, ...numbers]
  }, [place])
  return (
    <Grid
      label="Ledger by hour and source"
      fileName="ledger"
      lead={<span className="quiet pad">{count(rows.length)} rows, by hour and source</span>}
      columns={columns}
      rows={rows}
      rowKey={row => `${row.hour} ${row.source}`}
      narrow={row => (
        <div className="job-row">
          <span className="clip">
            <Link href={patched(place, { cell: `received ${row.hour ?? ''} ${row.source}` })} className="cell-link">
              {hourOf(row)}, {row.source}: {count(row.received)}
            </Link>
          </span>
          <span className="small">
            <Balance ledger={row} />
          </span>
        </div>
      )}
    />
  )
}
