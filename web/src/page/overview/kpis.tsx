import type { Overview } from '../../api/types.ts'
import { condense, Spark } from '../../chart/spark.tsx'
import { change, moneyCompact, signedPercent } from '../../format.ts'
import {
  explainHref,
  kpiExact,
  kpiNumber,
  kpiText,
  METRICS,
  type Metric,
  pointValue,
  type SeriesMetric,
  type Span,
  sqlHref,
} from '../../metric.ts'
import { usePatch } from '../../router.ts'
import { useDefinitions } from '../../state/definitions.ts'
import { previousLabel, type Range, rangeLabel } from '../../state/range.ts'
import { Link, Popover } from '../../ui/control.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Skeleton, Time } from '../../ui/state.tsx'

interface KpiProps {
  overview: Overview | null
  range: Range
  metric: SeriesMetric
}

export function KpiStrip({ overview, range, metric }: KpiProps) {
  return (
    <section className="panel kpis" aria-label="Key figures">
      {METRICS.map(m => (
        <Kpi key={m.key} metric={m} overview={overview} range={range} chosen={m.series === metric} />
      ))}
    </section>
  )
}

/** Longer than this, a whole amount no longer fits its tile. */
const FITS = 11

function tileText(metric: Metric, overview: Overview): string {
  const value = overview.kpis[metric.key]
  const text = kpiText(metric, value, overview.currency)
  return metric.money && text.length > FITS ? moneyCompact(value, overview.currency) : text
}

function Kpi({
  metric,
  overview,
  range,
  chosen,
}: {
  metric: Metric
  overview: Overview | null
  range: Range
  chosen: boolean
}) {
  const patch = usePatch()
  const { series } = metric
  return (
    <div className={`kpi${chosen ? ' chosen' : ''}${series ? ' selectable' : ''}`}>
      {series ? (
        <button
          type="button"
          className="kpi-label stretched"
          aria-pressed={chosen}
          title={`Draw ${metric.label.toLowerCase()} below`}
          onClick={() => patch({ metric: series === 'revenue' ? null : series }, { replace: true })}
        >
          {metric.label}
        </button>
      ) : (
        <span className="kpi-label">{metric.label}</span>
      )}
      {overview ? (
        <>
          <Explain metric={metric} overview={overview} range={range} />
          <div className="kpi-foot">
            <Delta metric={metric} overview={overview} range={range} />
          </div>
          {series && <Spark values={condense((overview.series ?? []).map(p => pointValue(p, series)))} height={20} />}
        </>
      ) : (
        <>
          <span className="kpi-value">
            <Skeleton height={22} width={120} />
          </span>
          <div className="kpi-foot">
            <Skeleton width={90} />
          </div>
        </>
      )}
    </div>
  )
}

function Delta({ metric, overview, range }: { metric: Metric; overview: Overview; range: Range }) {
  const { previous } = overview
  const now = kpiNumber(overview.kpis, metric.key)
  const ratio = previous ? change(now, kpiNumber(previous, metric.key)) : null
  if (!previous || ratio === null) return <span className="delta faint">no earlier data</span>
  const before = `${kpiExact(metric, previous[metric.key], overview.currency)} in the ${previousLabel(range)}`
  const points = metric.key === 'cancellation_rate'
  const difference = now - kpiNumber(previous, metric.key)
  const flat = points ? Math.abs(difference) < 0.00005 : Math.abs(ratio) < 0.0005
  const good = ratio > 0 === metric.moreIsBetter
  return (
    <span className={`delta ${flat ? '' : good ? 'good' : 'bad'}`} title={before}>
      {!flat && <Icon name={ratio > 0 ? 'up' : 'fall'} size={12} />}
      <b>{points ? signedPercent(difference).replace('%', 'pp') : signedPercent(ratio)}</b>
      <span className="faint delta-period">vs {previousLabel(range).replace('previous', 'prev.')}</span>
    </span>
  )
}

/** The number itself: opens what it means, its every digit, and the rows behind it. */
function Explain({ metric, overview, range }: { metric: Metric; overview: Overview; range: Range }) {
  const exact = kpiExact(metric, overview.kpis[metric.key], overview.currency)
  const shown = tileText(metric, overview)
  return (
    <Popover
      triggerClass="kpi-value"
      triggerLabel={`${metric.label}: ${shown}. Explain`}
      title={metric.label}
      className="explain"
      trigger={<span title={exact}>{shown}</span>}
    >
      <p className="pop-title">{metric.label}</p>
      <p className="explain-value">{exact}</p>
      <Meaning metric={metric} overview={overview} range={range} />
    </Popover>
  )
}

/** The bounds of the page, open where the range is. */
function spanOf(overview: Overview, range: Range): Span {
  const open = range.kind === 'preset' && range.preset.days === null
  return {
    from: open ? undefined : (overview.from ?? undefined),
    to: range.kind === 'custom' ? (overview.to ?? undefined) : undefined,
  }
}

function Meaning({ metric, overview, range }: { metric: Metric; overview: Overview; range: Range }) {
  const span = spanOf(overview, range)
  const definition = useDefinitions(span)[metric.key]
  const events = new URLSearchParams()
  if (range.kind === 'custom') {
    events.set('from', range.from)
    events.set('to', range.to)
  } else if (range.preset.days !== null) events.set('range', range.preset.key)
  return (
    <>
      {definition ? <p>{definition.text}</p> : <Skeleton lines={2} />}
      <dl className="facts">
        <div>
          <dt>Computed as</dt>
          <dd>{definition ? definition.formula : <Skeleton />}</dd>
        </div>
        <div>
          <dt>Range</dt>
          <dd>{rangeLabel(range)}</dd>
        </div>
        <div>
          <dt>Event time reached</dt>
          <dd>
            <Time at={overview.data_to} />
          </dd>
        </div>
        <div>
          <dt>As of</dt>
          <dd>
            <Time at={overview.as_of} />
          </dd>
        </div>
      </dl>
      <div className="pop-links">
        {definition && (
          <>
            <Link href={explainHref(definition.sql, definition.name)} className="link">
              Rows behind it
            </Link>
            <Link href={sqlHref(definition.sql)} className="link">
              Compute it in SQL
            </Link>
          </>
        )}
        <Link href={`/events${events.size > 0 ? `?${events}` : ''}`} className="link">
          Events
        </Link>
      </div>
    </>
  )
}
