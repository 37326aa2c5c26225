import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { api } from '../api/client.ts'
import type { Quarantine, QuarantineGroup } from '../api/types.ts'
import { count, moneyExact, percent } from '../format.ts'
import { literal, sqlHref, whereSpan } from '../metric.ts'
import { patched, usePatch, usePlace } from '../router.ts'
import { useStatus } from '../shell/health.ts'
import { RangePicker } from '../shell/rangepicker.tsx'
import { TopBar } from '../shell/topbar.tsx'
import { type Extent, useExtent } from '../state/extent.ts'
import { boundsOf, rangeOf } from '../state/range.ts'
import { CopyButton, Link, Panel } from '../ui/control.tsx'
import { Icon } from '../ui/icon.tsx'
import { Empty, Failure, Loading, Skeleton, Time } from '../ui/state.tsx'
import { VerdictMark } from '../ui/verdict.tsx'

const CATEGORIES: Record<string, string> = {
  missing: 'Missing',
  format: 'Wrong format',
  out_of_range: 'Out of range',
  schema: 'Breaks the schema',
  business: 'Breaks a business rule',
  duplicate_conflict: 'Same id, other content',
  decode: 'Not decodable',
  too_large: 'Too large',
}

function nameOf(group: QuarantineGroup): string {
  return `${group.source}/${group.rule}/${group.field}`
}

export function QuarantinePage() {
  const { params } = usePlace()
  const extent = useExtent(true)
  const range = rangeOf(params, 'all')
  const bounds = boundsOf(range, extent.newest)
  const source = params.get('source')
  const query = useQuery({
    queryKey: ['quarantine', bounds, source],
    queryFn: ({ signal }) => api.quarantine({ ...bounds, ...(source ? { source } : {}) }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: 5000,
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
          <Body data={query.data} extent={extent} bounds={bounds} />
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
  data: Quarantine
  extent: Extent
  bounds: { from?: string; to?: string }
}

function Body({ data, extent, bounds }: BodyProps) {
  const { params } = usePlace()
  const patch = usePatch()
  const { data: status } = useStatus()
  const groups = data.groups ?? []
  const currency = extent.overview?.currency ?? ''
  const wanted = params.get('rule')
  const chosen = groups.find(g => nameOf(g) === wanted || g.rule === wanted) ?? groups[0]
  const source = params.get('source')
  if (groups.length === 0) {
    return (
      <Empty title="Nothing is in quarantine">
        <p>
          Every event in this range kept to the rules. A broken one will be listed here with the rule, the field and the
          value.
        </p>
        {source && (
          <button type="button" className="link" onClick={() => patch({ source: null })}>
            Show all sources
          </button>
        )}
      </Empty>
    )
  }
  const received = status?.ledger.received ?? 0
  return (
    <>
      <section className="panel totals" aria-label="Totals">
        <div className="total">
          <span className="small faint">Quarantined</span>
          <span className="total-value">{count(data.total)}</span>
          <span className="small quiet">
            {received > 0 ? `${percent(data.total / received)} of all received` : 'events'}
          </span>
        </div>
        <div className="total">
          <span className="small faint">Held back</span>
          <span className="total-value">{moneyExact(data.amount, currency)}</span>
          <span className="small quiet">not in any revenue number</span>
        </div>
        <div className="total">
          <span className="small faint">Rules broken</span>
          <span className="total-value">{count(groups.length)}</span>
          <span className="small quiet">
            from{' '}
            {new Set(groups.map(g => g.source)).size === 1
              ? groups[0]?.source
              : `${new Set(groups.map(g => g.source)).size} sources`}
          </span>
        </div>
        {source && (
          <span className="chip">
            <span className="quiet">Source</span> {source}
            <button type="button" aria-label="Remove filter Source" onClick={() => patch({ source: null })}>
              <Icon name="close" size={12} />
            </button>
          </span>
        )}
      </section>
      <div className="split">
        <Groups groups={groups} chosen={chosen} currency={currency} />
        {chosen && <Samples group={chosen} bounds={bounds} currency={currency} />}
      </div>
    </>
  )
}

function Groups({
  groups,
  chosen,
  currency,
}: {
  groups: QuarantineGroup[]
  chosen: QuarantineGroup | undefined
  currency: string
}) {
  const place = usePlace()
  const top = Math.max(...groups.map(g => g.count), 1)
  return (
    <Panel title="By rule">
      <ul className="groups">
        {groups.map(group => (
          <li key={nameOf(group)}>
            <Link
              href={patched(place, { rule: nameOf(group) })}
              className="group"
              aria-current={group === chosen ? 'true' : undefined}
            >
              <VerdictMark verdict="quarantined" />
              <b className="clip">{group.rule}</b>
              <b className="num">{count(group.count)}</b>
              <span className="group-sub small quiet clip">
                {CATEGORIES[group.category] ?? group.category}: {group.field}, {group.source}
              </span>
              <span className="num small quiet">{moneyExact(group.amount, currency)}</span>
              <span className="group-bar">
                <span style={{ width: `${(group.count / top) * 100}%` }} />
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </Panel>
  )
}

function samplesSql(group: QuarantineGroup, bounds: BodyProps['bounds']): string {
  const where = whereSpan(
    bounds,
    `source = ${literal(group.source)}`,
    `rule = ${literal(group.rule)}`,
    `field = ${literal(group.field)}`,
  )
  return `SELECT event_time, order_id, field, value, message, amount, stream, line, event_id\nFROM quarantine${where}\nORDER BY event_time DESC\nLIMIT 1000`
}

function Samples({
  group,
  bounds,
  currency,
}: {
  group: QuarantineGroup
  bounds: BodyProps['bounds']
  currency: string
}) {
  const { samples } = group
  const first = samples[0]?.message ?? ''
  const common = samples.every(sample => sample.message === first) ? first : null
  return (
    <Panel
      title={group.rule}
      note={CATEGORIES[group.category] ?? group.category}
      actions={
        <Link href={sqlHref(samplesSql(group, bounds))} className="button ghost">
          <Icon name="sql" />
          All {count(group.count)} in SQL
        </Link>
      }
    >
      <dl className="facts">
        <div>
          <dt>Source</dt>
          <dd>{group.source}</dd>
        </div>
        <div>
          <dt>Field</dt>
          <dd>
            <code>{group.field}</code>
          </dd>
        </div>
        <div>
          <dt>Held back</dt>
          <dd>{moneyExact(group.amount, currency)}</dd>
        </div>
        <div>
          <dt>First seen</dt>
          <dd>
            <Time at={group.first_seen} />
          </dd>
        </div>
        <div>
          <dt>Last seen</dt>
          <dd>
            <Time at={group.last_seen} />
          </dd>
        </div>
      </dl>
      {common && <p className="group-message">{common}</p>}
      <h3 className="panel-sub">
        Samples{' '}
        <span className="faint">
          {samples.length} of {count(group.count)}
        </span>
      </h3>
      <ul className="samples">
        {samples.map(sample => (
          <Sample key={sample.event_id} sample={sample} field={group.field} message={common === null} />
        ))}
      </ul>
    </Panel>
  )
}

type SampleProps = { sample: QuarantineGroup['samples'][number]; field: string; message: boolean }

function Sample({ sample, field, message }: SampleProps) {
  const passport = `/events/${sample.event_id}`
  return (
    <li className="sample">
      {message && <p>{sample.message}</p>}
      <div className="sample-facts">
        <span>
          <span className="faint">{field}</span> <code>{sample.value || 'empty'}</code>
        </span>
        {sample.order_id && (
          <span>
            <span className="faint">order</span>{' '}
            <Link href={`/events?order_id=${encodeURIComponent(sample.order_id)}`} className="cell-link">
              {sample.order_id}
            </Link>
          </span>
        )}
        <span className="spacer" />
        <span className="quiet clip">
          {sample.stream}:{sample.line}
        </span>
        <Link href={passport} className="link">
          Passport
        </Link>
      </div>
      <div className="sample-payload">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling frame must be reachable by keyboard */}
        <pre tabIndex={0}>{sample.payload}</pre>
        <CopyButton text={sample.payload} what="payload" />
      </div>
    </li>
  )
}
