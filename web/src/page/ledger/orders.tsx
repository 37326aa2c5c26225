import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import {
  type OrderDay,
  type OrderDifference,
  type OrderReason,
  type OrderTruth,
  reconcile,
} from '../../api/reconcile.ts'
import { count, moneyExact, percent } from '../../format.ts'
import { patched, usePatch, usePlace } from '../../router.ts'
import { isoDay } from '../../state/range.ts'
import { Button, Command, Frame, Link, Panel, Segments } from '../../ui/control.tsx'
import { Empty, Failure, Skeleton, Stale, Time } from '../../ui/state.tsx'

const EXAMPLE = `reconcile:
  orders:
    witnesses:
      - {name: database, sources: [shopdb], types: [order_completed]}
      - {name: browser, sources: [web], types: [order_completed], prefix: "#"}
      - {name: invoice, sources: [edi], sum: true}
    amount_tolerance: "0.01"
    time_tolerance: 15m
    settle: 24h`

const REASONS: Record<OrderReason, string> = {
  agrees: 'Agrees',
  missing: 'Missing',
  amount: 'Amount',
  currency: 'Currency',
  time: 'Time',
  pending: 'Pending',
}

/** The first instant of the day a month ago; open at the end, so that new orders come in. */
function periodOf(params: URLSearchParams): { from: string; to?: string } {
  const from = params.get('from') ?? isoDay(Date.now() - 30 * 86_400_000)
  const to = params.get('to')
  const instant = (day: string) => (day.length === 10 ? `${day}T00:00:00Z` : day)
  return { from: instant(from), ...(to ? { to: instant(to) } : {}) }
}

/** The same orders as the systems of the shop report them. */
export function Orders() {
  const place = usePlace()
  const period = periodOf(place.params)
  const query = useQuery({
    queryKey: ['orders', period],
    queryFn: ({ signal }) => reconcile.orders(period, signal),
    placeholderData: keepPreviousData,
    refetchInterval: 10_000,
  })
  if (!query.data) {
    return query.error ? (
      <Failure what="The orders could not be compared" error={query.error} onRetry={() => void query.refetch()} />
    ) : (
      <div className="panel waiting">
        <Skeleton lines={8} />
      </div>
    )
  }
  if (query.data.witnesses.length === 0) {
    return (
      <Empty title="Nobody is asked about orders yet">
        <p>
          Say in the settings who reports the shop’s orders, whom to believe first. Each order is then compared between
          them.
        </p>
        <Command text={EXAMPLE} />
      </Empty>
    )
  }
  return (
    <>
      {query.error && <Stale since={query.dataUpdatedAt}>{query.error.message} Trying again.</Stale>}
      <Period from={period.from} to={period.to} />
      {query.data.days.length === 0 ? (
        <Empty title="No orders in this period">
          <p>The witnesses reported none. Choose another period.</p>
        </Empty>
      ) : (
        <>
          <Truth truth={query.data} />
          <Differences period={period} truth={query.data} />
        </>
      )}
    </>
  )
}

function Period({ from, to }: { from: string; to: string | undefined }) {
  const patch = usePatch()
  return (
    <div className="ledger-tools">
      <label className="ledger-source">
        <span className="quiet">From</span>
        <input type="date" value={from.slice(0, 10)} onChange={e => patch({ from: e.target.value || null })} />
      </label>
      <label className="ledger-source">
        <span className="quiet">To</span>
        <input type="date" value={to?.slice(0, 10) ?? ''} onChange={e => patch({ to: e.target.value || null })} />
      </label>
    </div>
  )
}

interface Sum {
  day: string
  agrees: number
  all: number
  by: Partial<Record<OrderReason, number>>
}

/** A witness's days. Pending orders are not judged yet, and count for neither side. */
export function daysOf(days: readonly OrderDay[], witness: string): Sum[] {
  const sums = new Map<string, Sum>()
  for (const day of days) {
    if (day.witness !== witness) continue
    const sum = sums.get(day.day) ?? { day: day.day, agrees: 0, all: 0, by: {} }
    sum.by[day.reason] = (sum.by[day.reason] ?? 0) + day.orders
    if (day.reason !== 'pending') sum.all += day.orders
    if (day.reason === 'agrees') sum.agrees += day.orders
    sums.set(day.day, sum)
  }
  return [...sums.values()].sort((a, b) => a.day.localeCompare(b.day))
}

function Truth({ truth }: { truth: OrderTruth }) {
  const patch = usePatch()
  const { params } = usePlace()
  const table = params.get('view') === 'table'
  const others = truth.witnesses.map(w => ({ ...w, days: daysOf(truth.days, w.name) })).filter(w => w.days.length > 0)
  return (
    <Panel
      title="Orders that agree"
      note={`with ${truth.witnesses[0]?.name}, by day of the order`}
      actions={
        <Segments
          label="Shown as"
          value={table ? 'table' : 'chart'}
          choices={[
            { value: 'chart', label: 'Chart', icon: 'chart' },
            { value: 'table', label: 'Table', icon: 'table' },
          ]}
          onChange={value => patch({ view: value === 'chart' ? null : value }, { replace: true })}
        />
      }
    >
      <div className="ledger-pad">
        {others.map(w => (
          <Witness key={w.name} name={w.name} days={w.days} table={table} />
        ))}
      </div>
    </Panel>
  )
}

function Witness({ name, days, table }: { name: string; days: readonly Sum[]; table: boolean }) {
  const all = days.reduce((sum, day) => sum + day.all, 0)
  const agrees = days.reduce((sum, day) => sum + day.agrees, 0)
  const title = `${name}: ${all > 0 ? percent(agrees / all, 1) : 'nothing judged yet'} of ${count(all)} agree`
  return (
    <figure className="truth" aria-label={title}>
      <figcaption>{title}</figcaption>
      {table ? (
        <Table name={name} days={days} />
      ) : (
        <>
          <div className="truth-bars" aria-hidden="true">
            {days.map(day => (
              <span
                key={day.day}
                className="truth-bar"
                title={`${day.day}: ${count(day.agrees)} of ${count(day.all)} agree`}
              >
                <span style={{ height: `${day.all > 0 ? (day.agrees / day.all) * 100 : 0}%` }} />
              </span>
            ))}
          </div>
          <p className="held-axis small faint">
            <span>{days[0]?.day}</span>
            <span>0 to 100 %</span>
            <span>{days.at(-1)?.day}</span>
          </p>
        </>
      )}
    </figure>
  )
}

function Table({ name, days }: { name: string; days: readonly Sum[] }) {
  const reasons = Object.keys(REASONS) as OrderReason[]
  return (
    <Frame label={`Orders of ${name} by day and reason`}>
      <table className="table">
        <thead>
          <tr>
            <th>Day</th>
            {reasons.map(reason => (
              <th key={reason} className="num">
                {REASONS[reason]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {days.map(day => (
            <tr key={day.day}>
              <td>{day.day}</td>
              {reasons.map(reason => (
                <td key={reason} className="num">
                  {count(day.by[reason] ?? 0)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Frame>
  )
}

function Differences({ period, truth }: { period: { from: string; to?: string }; truth: OrderTruth }) {
  const place = usePlace()
  const patch = usePatch()
  const asked = place.params.get('reason') ?? ''
  const reason = asked in REASONS ? (asked as OrderReason) : undefined
  const witness = place.params.get('witness') ?? undefined
  const query = useInfiniteQuery({
    queryKey: ['orders', 'differences', period, reason, witness],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) =>
      reconcile.differences(
        {
          ...period,
          ...(reason ? { reason } : {}),
          ...(witness ? { witness } : {}),
          ...(pageParam ? { cursor: pageParam } : {}),
        },
        signal,
      ),
    getNextPageParam: page => page.next_cursor || undefined,
  })
  const rows = query.data?.pages.flatMap(page => page.differences) ?? []
  return (
    <Panel title="Differences" note="newest first">
      <div className="ledger-tools padded">
        <label className="ledger-source">
          <span className="quiet">Witness</span>
          <select value={witness ?? ''} onChange={e => patch({ witness: e.target.value || null })}>
            <option value="">all</option>
            {truth.witnesses.map(w => (
              <option key={w.name}>{w.name}</option>
            ))}
          </select>
        </label>
        <label className="ledger-source">
          <span className="quiet">Reason</span>
          <select value={reason ?? ''} onChange={e => patch({ reason: e.target.value || null })}>
            <option value="">all that differ</option>
            {(Object.keys(REASONS) as OrderReason[]).map(key => (
              <option key={key} value={key}>
                {REASONS[key]}
              </option>
            ))}
          </select>
        </label>
      </div>
      {query.error && rows.length === 0 ? (
        <Failure what="The differences could not be listed" error={query.error} onRetry={() => void query.refetch()} />
      ) : rows.length === 0 ? (
        <p className="panel-empty">{query.isPending ? 'Comparing.' : 'No order differs in that way.'}</p>
      ) : (
        <DifferenceTable rows={rows} />
      )}
      {query.hasNextPage && (
        <p className="held-more">
          <span className="small quiet">{count(rows.length)} shown</span>
          <Button disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            Show more
          </Button>
        </p>
      )}
    </Panel>
  )
}

function DifferenceTable({ rows }: { rows: readonly OrderDifference[] }) {
  const place = usePlace()
  return (
    <Frame label="Orders about which a witness differs">
      <table className="table">
        <thead>
          <tr>
            <th>Order</th>
            <th>Reason</th>
            <th>Believed</th>
            <th className="num">Amount</th>
            <th>Witness</th>
            <th className="num">Amount</th>
            <th>Time</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(row => (
            <tr key={`${row.order_id} ${row.witness}`}>
              <td>
                <Link href={`/events?order_id=${encodeURIComponent(row.order_id)}`} className="cell-link">
                  {row.order_id}
                </Link>
              </td>
              <td>
                <Link href={patched(place, { reason: row.reason })} className="cell-link">
                  {REASONS[row.reason as OrderReason] ?? row.reason}
                </Link>
              </td>
              <td>
                <Link href={`/events/${row.believed.event_id}`} className="cell-link">
                  {row.believed.witness}
                </Link>
              </td>
              <td className="num">{moneyExact(row.believed.amount, row.believed.currency)}</td>
              <td>
                {row.said ? (
                  <Link href={`/events/${row.said.event_id}`} className="cell-link">
                    {row.witness}
                  </Link>
                ) : (
                  <span>{row.witness}</span>
                )}
              </td>
              <td className="num">
                {row.said ? (
                  moneyExact(row.said.amount, row.said.currency)
                ) : (
                  <span className="faint">does not know it</span>
                )}
              </td>
              <td>
                <Time at={row.believed.at} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Frame>
  )
}
