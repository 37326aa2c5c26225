import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { type FormEvent, useCallback, useEffect, useMemo, useState } from 'react'
import { api } from '../api/client.ts'
import type { EventFilter, EventRow } from '../api/types.ts'
import { count, countryName, moneyCents, NONE, shortId, timeOf } from '../format.ts'
import { literal, sqlHref, whereSpan } from '../metric.ts'
import { navigate, usePatch, usePlace } from '../router.ts'
import { RangePicker } from '../shell/rangepicker.tsx'
import { TopBar } from '../shell/topbar.tsx'
import { useExtent } from '../state/extent.ts'
import { boundsOf, rangeOf } from '../state/range.ts'
import { CopyButton, Link } from '../ui/control.tsx'
import { type Column, Grid } from '../ui/grid.tsx'
import { Icon } from '../ui/icon.tsx'
import { Empty, Failure, Loading, Skeleton, Time } from '../ui/state.tsx'
import { VerdictLabel, VerdictMark } from '../ui/verdict.tsx'

const PAGE = 200
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const COORDINATES = /^(\d{1,4})\s*[/:]\s*(\d{1,18})$/

/** Filters that the address can hold, with the words of their chips. */
const FILTERS = {
  q: 'Contains',
  id: 'Event',
  order_id: 'Order',
  customer_id: 'Customer',
  product_id: 'Product',
  source: 'Source',
  type: 'Type',
} as const

type FilterKey = keyof typeof FILTERS
const FILTER_KEYS = Object.keys(FILTERS) as FilterKey[]

function filterOf(params: URLSearchParams): EventFilter {
  return Object.fromEntries(FILTER_KEYS.flatMap(key => (params.get(key) ? [[key, params.get(key)]] : [])))
}

export function eventHref(event: { event_id: string; partition: number; offset: number; verdict?: string }): string {
  return event.event_id && event.verdict !== 'duplicate'
    ? `/events/${event.event_id}`
    : `/coordinates/${event.partition}/${event.offset}`
}

function filterLink(key: FilterKey, value: string, text = value) {
  if (!value) return <span className="faint">{NONE}</span>
  return (
    <Link href={`/events?${key}=${encodeURIComponent(value)}`} className="cell-link">
      {text}
    </Link>
  )
}

const byText = (pick: (row: EventRow) => string) => (a: EventRow, b: EventRow) =>
  pick(a).localeCompare(pick(b), 'en', { numeric: true })

function marks(row: EventRow): string {
  return [row.corrected && 'corrected', row.late && 'late'].filter(Boolean).join(', ')
}

const COLUMNS: readonly Column<EventRow>[] = [
  {
    key: 'event_time',
    title: 'Event time',
    width: 172,
    cell: row => <Time at={row.event_time} />,
    text: row => row.event_time ?? '',
    compare: byText(row => row.event_time ?? ''),
  },
  {
    key: 'verdict',
    title: 'Verdict',
    width: 106,
    cell: row => <VerdictLabel verdict={row.verdict} />,
    text: row => row.verdict,
    compare: byText(row => row.verdict),
  },
  { key: 'type', title: 'Type', width: 90, cell: row => row.type, text: row => row.type, compare: byText(r => r.type) },
  {
    key: 'order_id',
    title: 'Order',
    width: 74,
    cell: row => filterLink('order_id', row.order_id),
    text: row => row.order_id,
    compare: byText(row => row.order_id),
  },
  {
    key: 'customer_id',
    title: 'Customer',
    width: 106,
    cell: row => filterLink('customer_id', row.customer_id),
    text: row => row.customer_id,
    compare: byText(row => row.customer_id),
  },
  {
    key: 'country',
    title: 'Country',
    width: 128,
    cell: row => (row.country ? countryName(row.country) : <span className="faint">{NONE}</span>),
    text: row => row.country,
    compare: byText(row => row.country),
  },
  {
    key: 'amount',
    title: 'Amount',
    width: 80,
    align: 'end',
    cell: row => (row.amount ? moneyCents(row.amount, row.currency) : <span className="faint">{NONE}</span>),
    text: row => row.amount ?? '',
    compare: (a, b) => Number(a.amount ?? 0) - Number(b.amount ?? 0),
  },
  {
    key: 'marks',
    title: 'Marks',
    width: 76,
    cell: row => <span className="quiet">{marks(row)}</span>,
    text: marks,
    compare: byText(marks),
  },
  {
    key: 'source',
    title: 'Source',
    width: 98,
    cell: row => filterLink('source', row.source),
    text: row => row.source,
    compare: byText(row => row.source),
  },
  {
    key: 'where',
    title: 'File and line',
    width: 190,
    cell: row => <span className="quiet">{row.stream ? `${row.stream}:${row.line}` : NONE}</span>,
    text: row => `${row.stream}:${row.line}`,
  },
  {
    key: 'received_at',
    title: 'Received',
    width: 156,
    spare: true,
    cell: row => <Time at={row.received_at} />,
    text: row => row.received_at,
    compare: byText(row => row.received_at),
  },
  {
    key: 'coordinates',
    title: 'Partition/offset',
    width: 116,
    spare: true,
    align: 'end',
    cell: row => <span className="quiet">{`${row.partition}/${row.offset}`}</span>,
    text: row => `${row.partition}/${row.offset}`,
  },
  {
    key: 'event_id',
    title: 'Event',
    width: 94,
    cell: row => (
      <span className="id-cell">
        <Link href={eventHref(row)} className="cell-link" title={row.event_id}>
          {shortId(row.event_id)}
        </Link>
        <CopyButton text={row.event_id} what="event id" />
      </span>
    ),
    text: row => row.event_id,
  },
]

function EventCard({ row }: { row: EventRow }) {
  return (
    <div className="card-row">
      <VerdictMark verdict={row.verdict} />
      <span className="clip">
        <b>{row.order_id || row.type}</b> <span className="quiet">{row.customer_id}</span>
      </span>
      <span className="num">{row.amount ? moneyCents(row.amount, row.currency) : ''}</span>
      <span className="card-sub small faint clip">
        {row.event_time ? timeOf(row.event_time) : 'no time'}
        {marks(row) && `, ${marks(row)}`}, {row.source}
      </span>
    </div>
  )
}

function useEvents(filter: EventFilter, enabled: boolean) {
  return useInfiniteQuery({
    enabled,
    queryKey: ['events', filter],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) =>
      api.events({ ...filter, limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) }, signal),
    getNextPageParam: page => page.next_cursor || undefined,
    placeholderData: keepPreviousData,
    staleTime: 5000,
  })
}

export function EventsPage() {
  const { params } = usePlace()
  const extent = useExtent(true)
  const range = rangeOf(params, 'all')
  const bounds = boundsOf(range, extent.newest)
  const waiting = range.kind === 'preset' && range.preset.days !== null && extent.newest === null
  const filter = { ...filterOf(params), ...bounds }
  const query = useEvents(filter, !waiting)
  const rows = useMemo(() => query.data?.pages.flatMap(page => page.events ?? []) ?? [], [query.data])
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = query
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [fetchNextPage, hasNextPage, isFetchingNextPage])
  return (
    <>
      <TopBar title="Events">
        <RangePicker range={range} fallback="all" oldest={extent.oldest} newest={extent.newest} />
      </TopBar>
      <div className="page full">
        <Grid
          label="Events, newest first"
          fileName="events"
          columns={COLUMNS}
          rows={rows}
          rowKey={row => `${row.partition}/${row.offset}`}
          rowHref={eventHref}
          narrow={row => <EventCard row={row} />}
          onEnd={more}
          lead={<Lead />}
          instead={rows.length === 0 && <NoRows query={query} filter={filter} />}
          actions={
            <Link href={sqlHref(eventsSql(filter))} className="button ghost" title="The same rows in SQL">
              <Icon name="sql" />
              SQL
            </Link>
          }
          foot={
            <>
              {count(rows.length)} shown, newest first{query.hasNextPage ? '; scroll for more' : '; these are all'}
              {query.isFetching && ', loading'}
            </>
          }
        />
      </div>
    </>
  )
}

/** What stands in the place of rows: why there are none. */
function NoRows({ query, filter }: { query: ReturnType<typeof useEvents>; filter: EventFilter }) {
  if (query.error) {
    return (
      <div className="pad">
        <Failure
          what="The events could not be listed"
          error={query.error}
          holds="Nothing is lost: every acknowledged event is in the log."
          onRetry={() => void query.refetch()}
        />
      </div>
    )
  }
  if (!query.isPending) return <NoEvents filter={filter} />
  return (
    <>
      <Loading what="events" />
      <div className="waiting">
        <Skeleton lines={16} />
      </div>
    </>
  )
}

function eventsSql(filter: EventFilter): string {
  const equal = (['order_id', 'customer_id', 'source', 'type'] as const).flatMap(key =>
    filter[key] ? [`${key} = ${literal(filter[key])}`] : [],
  )
  if (filter.id) equal.push(`event_id = ${literal(filter.id)}`)
  return `SELECT *\nFROM events${whereSpan(filter, ...equal)}\nORDER BY event_time DESC\nLIMIT 1000`
}

function SearchBox() {
  const { params } = usePlace()
  const patch = usePatch()
  const asked = params.get('q') ?? ''
  const [text, setText] = useState(asked)
  const [known, setKnown] = useState(asked)
  if (asked !== known) {
    setKnown(asked)
    if (asked !== text.trim()) setText(asked) // the address changed by other means
  }
  useEffect(() => {
    if (text.trim() === asked) return
    const timer = setTimeout(() => patch({ q: text.trim() || null }, { replace: true }), 350)
    return () => clearTimeout(timer)
  }, [text, asked, patch])
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const wanted = text.trim()
    const at = COORDINATES.exec(wanted)
    if (UUID.test(wanted)) navigate(`/events/${wanted}`)
    else if (at) navigate(`/coordinates/${at[1]}/${at[2]}`)
    else patch({ q: wanted || null })
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: the search element is not known to all browsers yet
    <form role="search" className="searchbox" onSubmit={submit}>
      <Icon name="search" />
      <input
        type="search"
        aria-label="Search events by event id, order, customer, or partition/offset"
        placeholder="Event id, order, customer, or partition/offset"
        value={text}
        onChange={event => setText(event.target.value)}
        spellCheck={false}
      />
      <kbd>/</kbd>
    </form>
  )
}

/** Search and filters, above the rows or what stands in their place. */
function Lead() {
  return (
    <>
      <SearchBox />
      <Chips />
    </>
  )
}

function Chips() {
  const { params } = usePlace()
  const patch = usePatch()
  const set = FILTER_KEYS.filter(key => key !== 'q' && params.get(key))
  return (
    <ul className="chips" aria-label="Filters">
      {set.map(key => (
        <li key={key} className="chip">
          <span className="quiet">{FILTERS[key]}</span> {params.get(key)}
          <button type="button" aria-label={`Remove filter ${FILTERS[key]}`} onClick={() => patch({ [key]: null })}>
            <Icon name="close" size={12} />
          </button>
        </li>
      ))}
      {set.length > 1 && (
        <li>
          <button
            type="button"
            className="link"
            onClick={() => patch(Object.fromEntries(FILTER_KEYS.map(key => [key, null])))}
          >
            Clear all
          </button>
        </li>
      )}
    </ul>
  )
}

function NoEvents({ filter }: { filter: EventFilter }) {
  const filtered = Object.values(filter).some(Boolean)
  return (
    <div className="pad">
      <Empty title={filtered ? 'No event matches' : 'No events yet'}>
        {filtered ? (
          <p>
            Search takes a whole event id, order or customer.{' '}
            <Link href="/events" className="link">
              Show all events
            </Link>
            , or look in{' '}
            <Link href="/quarantine" className="link">
              quarantine
            </Link>
            .
          </p>
        ) : (
          <p>
            Send one: see{' '}
            <Link href="/sources" className="link">
              sources
            </Link>{' '}
            for commands to copy.
          </p>
        )}
      </Empty>
    </div>
  )
}
