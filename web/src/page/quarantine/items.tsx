import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { api } from '../../api/client.ts'
import type { HeldItem, HeldQuery } from '../../api/types.ts'
import { count } from '../../format.ts'
import { Button, CopyButton, Link } from '../../ui/control.tsx'
import { Failure, Loading, Skeleton } from '../../ui/state.tsx'
import { CATEGORIES, STATES } from './view.ts'

const PAGE = 20

/** The events of a filter, in the order of the log. */
export function Items({ query }: { query: HeldQuery }) {
  const items = useInfiniteQuery({
    queryKey: ['held', 'items', query],
    queryFn: ({ signal, pageParam }) =>
      api.heldItems({ ...query, limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) }, signal),
    initialPageParam: '',
    getNextPageParam: page => page.next_cursor || undefined,
    placeholderData: keepPreviousData,
  })
  if (items.error && !items.data) {
    return (
      <Failure
        what="The events of this group could not be listed"
        error={items.error}
        onRetry={() => void items.refetch()}
      />
    )
  }
  if (!items.data) {
    return (
      <div className="waiting">
        <Loading what="the events" />
        <Skeleton lines={6} />
      </div>
    )
  }
  const all = items.data.pages.flatMap(page => page.items)
  const total = items.data.pages[0]?.total ?? 0
  return (
    <>
      <ul className="samples">
        {all.map(item => (
          <Item key={`${item.partition}:${item.offset}`} item={item} />
        ))}
      </ul>
      <p className="held-more">
        <span className="small quiet">
          {count(all.length)} of {count(total)}
        </span>
        {items.hasNextPage && (
          <Button onClick={() => void items.fetchNextPage()} disabled={items.isFetchingNextPage}>
            Show more
          </Button>
        )}
      </p>
    </>
  )
}

function Item({ item }: { item: HeldItem }) {
  return (
    <li className="sample">
      <p>
        {item.message} <span className="small faint">{CATEGORIES[item.category] ?? item.category}</span>
      </p>
      <div className="sample-facts">
        <span>
          <span className="faint">{item.field || 'value'}</span> <code>{item.value || 'empty'}</code>
        </span>
        {item.order_id && (
          <span>
            <span className="faint">order</span>{' '}
            <Link href={`/events?order_id=${encodeURIComponent(item.order_id)}`} className="cell-link">
              {item.order_id}
            </Link>
          </span>
        )}
        {item.state !== 'open' && <span className="held-state">{STATES[item.state]}</span>}
        {item.attempts > 0 && <span className="quiet">tried {count(item.attempts)} ×</span>}
        <span className="spacer" />
        <span className="quiet clip">
          {item.stream}:{item.line}
        </span>
        <Link href={`/coordinates/${item.partition}/${item.offset}`} className="link">
          Passport
        </Link>
      </div>
      {item.state !== 'purged' && (
        <div className="sample-payload">
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling frame must be reachable by keyboard */}
          <pre tabIndex={0}>{item.payload}</pre>
          <CopyButton text={item.payload} what="payload" />
        </div>
      )}
    </li>
  )
}
