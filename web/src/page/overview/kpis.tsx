import type { Overview } from '../../api/types.ts'
import { condense, Spark } from '../../chart/spark.tsx'
import { change, moneyCompact, signedPercent } from '../../format.ts'
import {
  kpiExact,
  kpiNumber,
  kpiText,
  METRICS,
  type Metric,
  metricSql,
  pointValue,
  rowsSql,
  type SeriesMetric,
  type Span,
  sqlHref,
} from '../../metric.ts'
import { usePatch } from '../../router.ts'
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
  const open = range.kind === 'preset' && range.preset.days === null
  const bounds: Span = {
    from: open ? undefined : (overview.from ?? undefined),
    to: range.kind === 'custom' ? (overview.to ?? undefined) : undefined,
  }
  const value = overview.kpis[metric.key]
  const exact = kpiExact(metric, value, overview.currency)
  const events = new URLSearchParams(
    Object.entries(bounds).flatMap(([k, v]) => (v ? [[k, v.slice(0, 10)]] : [])) as [string, string][],
  )
  return (
    <Popover
      triggerClass="kpi-value"
      triggerLabel={`${metric.label}: ${exact}. Explain`}
      title={metric.label}
      className="explain"
      trigger={<span title={exact}>{tileText(metric, overview)}</span>}
    >
      <p className="pop-title">{metric.label}</p>
      <p className="explain-value">{exact}</p>
      <p>{metric.definition}</p>
      <dl className="facts">
        <div>
          <dt>Computed as</dt>
          <dd>{metric.formula}</dd>
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
        <Link href={sqlHref(rowsSql(metric, bounds))} className="link">
          Rows behind it
        </Link>
        <Link href={sqlHref(metricSql(metric, bounds))} className="link">
          Compute it in SQL
        </Link>
        <Link href={`/events${bounds.from && bounds.to ? `?${events}` : ''}`} className="link">
          Events
        </Link>
      </div>
    </Popover>
  )
}
