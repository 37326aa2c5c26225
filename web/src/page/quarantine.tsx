import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { api } from '../api/client.ts'
import type { HeldGroups, HeldState } from '../api/types.ts'
import { count, moneyExact, percent } from '../format.ts'
import { literal, sqlHref, whereSpan } from '../metric.ts'
import { patched, usePatch, usePlace } from '../router.ts'
import { useStatus } from '../shell/health.ts'
import { RangePicker } from '../shell/rangepicker.tsx'
import { TopBar } from '../shell/topbar.tsx'
import { type Extent, useExtent } from '../state/extent.ts'
import { boundsOf, rangeOf } from '../state/range.ts'
import { CopyButton, Link, Panel, Segments } from '../ui/control.tsx'
import { Icon } from '../ui/icon.tsx'
import { Empty, Failure, Loading, Skeleton, Time } from '../ui/state.tsx'
import { Groups } from './quarantine/groups.tsx'
import { Histogram } from './quarantine/histogram.tsx'
import { Items } from './quarantine/items.tsx'
import { Repair } from './quarantine/repair.tsx'
import { Runs } from './quarantine/runs.tsx'
import { TriageTab } from './quarantine/triage.tsx'
import { type Heap, heapsOf, pageQuery, pickQuery, STATES, type Tab, type View, viewOf } from './quarantine/view.ts'

/** The workbench: what is held back and why, and what can be done about it. */
export default function QuarantinePage() {
  const place = usePlace()
  const extent = useExtent(true)
  const range = rangeOf(place.params, 'all')
  const view = viewOf(place, boundsOf(range, extent.newest))
  const request = pageQuery(view)
  const query = useQuery({
    queryKey: ['held', 'groups', request],
    queryFn: ({ signal }) => api.heldGroups({ ...request, samples: 0 }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: 3000,
  })
  return (
    <>
      <TopBar title="Quarantine">
        <RangePicker range={range} fallback="all" oldest={extent.oldest} newest={extent.newest} />
      </TopBar>
      <div className="page">
        {query.error && !query.data ? (
          <Failure
            what="The quarantine could not be read"
            error={query.error}
            holds="Quarantined events keep their raw payload in the log."
            onRetry={() => void query.refetch()}
          />
        ) : query.data ? (
          <Body data={query.data} extent={extent} view={view} />
        ) : (
          <div className="panel waiting">
            <Loading what="the quarantine" />
            <Skeleton lines={8} />
          </div>
        )}
      </div>
    </>
  )
}

interface BodyProps {
  data: HeldGroups
  extent: Extent
  view: View
}

function Body({ data, extent, view }: BodyProps) {
  const currency = extent.overview?.currency ?? ''
  const heaps = heapsOf(data.groups, view.by)
  // A group that is gone is not replaced by another: an address means what it meant.
  const picked = view.pick === null ? heaps[0] : heaps.find(heap => heap.key === view.pick)
  return (
    <>
      <Totals data={data} view={view} currency={currency} />
      <Runs />
      {heaps.length === 0 ? (
        <Nothing view={view} />
      ) : (
        <div className="split">
          <Groups heaps={heaps} view={{ ...view, pick: picked?.key ?? null }} currency={currency} />
          {picked ? (
            <Picked key={picked.key} heap={picked} view={view} extent={extent} currency={currency} />
          ) : (
            <Gone view={view} />
          )}
        </div>
      )}
    </>
  )
}

/** The group of the address has no events in this state and range any more. */
function Gone({ view }: { view: View }) {
  const place = usePlace()
  const state = view.state === 'all' ? '' : ` ${STATES[view.state].toLowerCase()}`
  return (
    <Panel title="This group has no events here">
      <p className="panel-empty">
        None of its events is{state} in this range: they were settled, or the filters leave them out.{' '}
        <Link href={patched(place, { state: 'all', range: null, from: null, to: null, q: null })} className="link">
          Show all of its events
        </Link>
      </p>
    </Panel>
  )
}

function Nothing({ view }: { view: View }) {
  const patch = usePatch()
  if (view.source || view.rule || view.text || view.bounds.from || view.state !== 'open') {
    return (
      <Empty title="No quarantined event matches">
        <p>
          Nothing in this range and state fits the filters.{' '}
          <button
            type="button"
            className="link"
            onClick={() =>
              patch({ source: null, rule: null, q: null, state: null, from: null, to: null, range: null, pick: null })
            }
          >
            Show all that is open
          </button>
        </p>
      </Empty>
    )
  }
  return (
    <Empty title="Nothing is in quarantine">
      <p>
        Every event kept to the rules, or was repaired. A broken one will be listed here with the rule, the field and
        the value.
      </p>
    </Empty>
  )
}

function Totals({ data, view, currency }: { data: HeldGroups; view: View; currency: string }) {
  const patch = usePatch()
  const { data: status } = useStatus()
  const received = status?.ledger.received ?? 0
  return (
    <section className="panel totals" aria-label="Totals">
      <div className="total">
        <span className="small faint">{view.state === 'open' ? 'In quarantine' : STATES[view.state]}</span>
        <span className="total-value">{count(data.total)}</span>
        <span className="small quiet">
          {received > 0 ? `${percent(data.total / received)} of all received` : 'events'}
        </span>
      </div>
      <div className="total">
        <span className="small faint">Held back</span>
        <span className="total-value">{moneyExact(data.amount, currency)}</span>
        <span className="small quiet">as far as it can be read</span>
      </div>
      <div className="held-filters">
        <Segments<HeldState | 'all'>
          label="State"
          value={view.state}
          choices={(Object.keys(STATES) as (HeldState | 'all')[]).map(value => ({ value, label: STATES[value] }))}
          onChange={state => patch({ state: state === 'open' ? null : state, pick: null })}
        />
        <Search text={view.text} />
        <Chip name="Source" param="source" value={view.source} />
        <Chip name="Rule" param="rule" value={view.rule} />
      </div>
    </section>
  )
}

function Chip({ name, param, value }: { name: string; param: 'source' | 'rule'; value: string | null }) {
  const patch = usePatch()
  if (!value) return null
  return (
    <span className="chip">
      <span className="quiet">{name}</span> {value}
      <button type="button" aria-label={`Remove filter ${name}`} onClick={() => patch({ [param]: null })}>
        <Icon name="close" size={12} />
      </button>
    </span>
  )
}

function Search({ text }: { text: string }) {
  const patch = usePatch()
  const [draft, setDraft] = useState(text)
  useEffect(() => setDraft(text), [text])
  return (
    // biome-ignore lint/a11y/useSemanticElements: the search element is not known to all browsers yet
    <form
      role="search"
      onSubmit={event => {
        event.preventDefault()
        patch({ q: draft.trim() || null, pick: null })
      }}
    >
      <span className="searchbox">
        <Icon name="search" />
        <input
          type="search"
          aria-label="Text in payload, message or order"
          placeholder="payload, message, order"
          value={draft}
          onChange={event => setDraft(event.target.value)}
          spellCheck={false}
        />
      </span>
    </form>
  )
}

function itemsSql(heap: Heap, view: View): string {
  const where = whereSpan(
    view.bounds,
    view.state === 'all' ? '' : `state = ${literal(view.state)}`,
    ...(heap.group
      ? [
          `source = ${literal(heap.group.source)}`,
          `rule = ${literal(heap.group.rule)}`,
          `field = ${literal(heap.group.field)}`,
        ]
      : [`${view.by} = ${literal(heap.key)}`]),
  )
  return `SELECT event_time, order_id, field, value, message, amount, stream, line, event_id\nFROM quarantine${where}\nORDER BY event_time DESC\nLIMIT 1000`
}

const TABS: { value: Tab; label: string }[] = [
  { value: 'events', label: 'Events' },
  { value: 'repair', label: 'Repair' },
  { value: 'triage', label: 'Triage' },
]

interface PickedProps {
  heap: Heap
  view: View
  extent: Extent
  currency: string
}

function Picked({ heap, view, extent, currency }: PickedProps) {
  const place = usePlace()
  const patch = usePatch()
  const query = pickQuery(view, heap.key)
  const tab = heap.group === null && view.tab === 'triage' ? 'events' : view.tab
  const link = patched(place, { pick: heap.key })
  return (
    <Panel
      title={heap.title}
      note={heap.sub}
      actions={
        <>
          <CopyButton text={window.location.origin + link} what="link" />
          <Link href={sqlHref(itemsSql(heap, view))} className="button ghost">
            <Icon name="sql" />
            All {count(heap.count)} in SQL
          </Link>
        </>
      }
    >
      <dl className="facts">
        <div>
          <dt>Open</dt>
          <dd>
            {count(heap.open)} of {count(heap.count)}
          </dd>
        </div>
        <div>
          <dt>Held back</dt>
          <dd>{moneyExact(String(heap.amount), currency)}</dd>
        </div>
        {heap.group && (
          <>
            <div>
              <dt>First seen</dt>
              <dd>
                <Time at={heap.group.first_seen} />
              </dd>
            </div>
            <div>
              <dt>Last seen</dt>
              <dd>
                <Time at={heap.group.last_seen} />
              </dd>
            </div>
            <div>
              <dt>Triage</dt>
              <dd>
                {heap.group.triage.state}
                {heap.group.triage.assignee ? `, ${heap.group.triage.assignee}` : ''}
              </dd>
            </div>
          </>
        )}
      </dl>
      <Histogram query={query} from={extent.oldest} to={extent.newest} />
      <div className="held-tabs">
        <Segments<Tab>
          label="Show"
          value={tab}
          choices={heap.group ? TABS : TABS.slice(0, 2)}
          onChange={next => patch({ tab: next === 'events' ? null : next, pick: heap.key })}
        />
      </div>
      {tab === 'repair' ? (
        <Repair query={query} total={heap.count} />
      ) : tab === 'triage' ? (
        <TriageTab group={heap.key} />
      ) : (
        <Items query={query} />
      )}
    </Panel>
  )
}
