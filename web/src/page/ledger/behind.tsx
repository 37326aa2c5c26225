import { useInfiniteQuery } from '@tanstack/react-query'
import { reconcile } from '../../api/reconcile.ts'
import { count, shortId, timeOf } from '../../format.ts'
import { ledgerHref } from '../../metric.ts'
import { usePatch } from '../../router.ts'
import { Button, Frame, Link, Panel } from '../../ui/control.tsx'
import { Failure, Skeleton, Time } from '../../ui/state.tsx'
import { VerdictLabel } from '../../ui/verdict.tsx'
import { type Cell, COLUMNS } from './view.ts'

const PAGE = 50

/** The events behind a number of the ledger. */
export function Behind({ cell }: { cell: Cell }) {
  const patch = usePatch()
  const query = useInfiniteQuery({
    queryKey: ['ledger', 'events', cell],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) =>
      reconcile.ledgerEvents(
        {
          verdict: cell.column,
          source: cell.source,
          from: cell.from,
          to: cell.to,
          limit: PAGE,
          ...(pageParam ? { cursor: pageParam } : {}),
        },
        signal,
      ),
    getNextPageParam: page => page.next_cursor || undefined,
  })
  const events = query.data?.pages.flatMap(page => page.events) ?? []
  const label = COLUMNS.find(c => c.key === cell.column)?.label ?? ''
  return (
    <Panel
      title={`${label}: the events behind`}
      note={`${cell.source}, received ${timeOf(cell.from)} to ${timeOf(cell.to)}`}
      actions={
        <>
          <Link href={ledgerHref(cell.column, cell, cell.source)} className="button plain">
            Count them again
          </Link>
          <Button icon="close" tone="ghost" label="Close the events" onClick={() => patch({ cell: null })} />
        </>
      }
    >
      {query.error && events.length === 0 ? (
        <Failure what="The events could not be listed" error={query.error} onRetry={() => void query.refetch()} />
      ) : query.isPending ? (
        <div className="ledger-pad">
          <Skeleton lines={6} />
        </div>
      ) : events.length === 0 ? (
        <p className="panel-empty">The tables have no such event any more.</p>
      ) : (
        <>
          <Frame label="Events behind the number" className="ledger-events">
            <table className="table">
              <thead>
                <tr>
                  <th>Verdict</th>
                  <th>Received</th>
                  <th>Event</th>
                  <th>Coordinates</th>
                  <th>From</th>
                </tr>
              </thead>
              <tbody>
                {events.map(event => (
                  <tr key={`${event.partition}/${event.offset}/${event.table}`}>
                    <td>
                      <VerdictLabel verdict={event.verdict} />
                      {event.state && <span className="faint"> · {event.state}</span>}
                    </td>
                    <td>
                      <Time at={event.received_at} />
                    </td>
                    <td>{event.event_id ? shortId(event.event_id) : <span className="faint">none</span>}</td>
                    <td>
                      <Link href={event.link} className="cell-link">
                        {event.partition}/{event.offset}
                      </Link>
                    </td>
                    <td>
                      {event.stream}:{event.line}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Frame>
          <p className="held-more">
            <span className="small quiet">{count(events.length)} shown</span>
            {query.hasNextPage && (
              <Button disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                Show more
              </Button>
            )}
          </p>
        </>
      )}
    </Panel>
  )
}
