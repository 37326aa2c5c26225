import { useMemo, useState } from 'react'
import { condense, Spark } from '../../../chart/spark.tsx'
import { TimeSeries } from '../../../chart/timeseries.tsx'
import { axisText, count, moneyCents, moneyCompact, moneyExact, moneyWhole, percent, timeOf } from '../../../format.ts'
import { literal } from '../../../metric.ts'
import { usePatch, usePlace } from '../../../router.ts'
import { Segments } from '../../../ui/control.tsx'
import { Icon } from '../../../ui/icon.tsx'
import { useNarrow } from '../../../ui/screen.ts'
import { until } from '../bound.ts'
import { Opened } from '../opened.tsx'
import { computed, type Opening, type Opens } from '../opens.ts'
import { useRows } from '../query.ts'
import { Breakdown } from './breakdown.tsx'
import { useCurrency } from './currency.ts'
import { ViewPanel, type ViewProps } from './frame.tsx'
import { FIGURES, type Figure, type Group, MINUTE_MS, type Minute, minutesOf, overSql, readMinute } from './series.ts'

const SPANS = { '60': '1 h', '180': '3 h', '1440': '24 h' } as const
type SpanKey = keyof typeof SPANS

export function seriesSql(group: Group, minutes: number, bound: string): string {
  return `SELECT minute, revenue, orders, units, sessions_with_view, open_carts, cancellations
FROM kpis
WHERE dimension = ${literal(group.dimension)} AND member = ${literal(group.member)}
  AND ${until('minute', bound)}
ORDER BY minute DESC
LIMIT ${minutes}`
}

function show(figure: Figure, value: number, currency: string): string {
  if (figure.unit === 'money') return value >= 1e8 ? moneyCompact(value, currency) : moneyWhole(value, currency)
  if (figure.unit === 'cents') return moneyCents(value, currency)
  return figure.unit === 'ratio' ? percent(value, 1) : count(value)
}

/** Figures of the business per minute of event time: the newest stretch, in numbers and as a live curve. */
export function KpisView({ bound, opens }: ViewProps) {
  const { params } = usePlace()
  const patch = usePatch()
  const currency = useCurrency()
  const span: SpanKey = (params.get('span') ?? '') in SPANS ? (params.get('span') as SpanKey) : '60'
  const group = { dimension: params.get('by') ?? 'total', member: params.get('member') ?? 'all' }
  const sql = seriesSql(group, Number(span), bound)
  const rows = useRows(sql, readMinute)
  const figure = FIGURES.find(f => f.key === params.get('figure')) ?? (FIGURES[0] as Figure)
  const tools = (
    <Segments
      label="Time shown"
      value={span}
      choices={(Object.keys(SPANS) as SpanKey[]).map(value => ({ value, label: SPANS[value] }))}
      onChange={value => patch({ span: value === '60' ? null : value }, { replace: true })}
    />
  )
  return (
    <>
      <ViewPanel
        title="The shop, minute by minute"
        note={`the last ${SPANS[span]} of event time`}
        sql={sql}
        rows={rows}
        empty={
          group.dimension === 'total'
            ? 'No minute has figures yet.'
            : `No minute has figures of ${group.dimension} ${group.member}.`
        }
        height={420}
        tools={tools}
      >
        {items => (
          <Minutes rows={items} length={Number(span)} figure={figure} group={group} currency={currency} opens={opens} />
        )}
      </ViewPanel>
      <Breakdown bound={bound} span={Number(span)} group={group} currency={currency} />
    </>
  )
}

interface MinutesProps {
  rows: Minute[]
  length: number
  figure: Figure
  group: Group
  currency: string
  opens: Opens
}

function Minutes({ rows, length, figure, group, currency, opens }: MinutesProps) {
  const narrow = useNarrow()
  const patch = usePatch()
  const [hover, setHover] = useState<number | null>(null)
  const minutes = useMemo(() => minutesOf(rows, length), [rows, length])
  const times = useMemo(() => minutes.map(m => m.at), [minutes])
  const values = useMemo(() => minutes.map(figure.of), [minutes, figure])
  const money = figure.unit === 'money' || figure.unit === 'cents'
  const at = minutes[hover ?? minutes.length - 1]
  const known = useMemo(() => new Set(rows.map(row => row.at)), [rows])
  const opensAt = (f: Figure, minute: Minute): Opening =>
    known.has(minute.at)
      ? opens('kpis', { ...group, minute: new Date(minute.at).toISOString() }, f.column)
      : { why: 'nothing happened in this minute, so that it has no row' }
  return (
    <>
      {group.dimension !== 'total' && (
        <p className="chips job-chips">
          <span className="chip">
            <span className="quiet">{group.dimension}</span> {group.member}
            <button
              type="button"
              aria-label={`Remove filter ${group.dimension}`}
              onClick={() => patch({ by: null, member: null }, { replace: true })}
            >
              <Icon name="close" size={12} />
            </button>
          </span>
        </p>
      )}
      <div className="kpis job-kpis">
        {FIGURES.map(f => (
          <Tile
            key={f.key}
            figure={f}
            minutes={minutes}
            chosen={f === figure}
            currency={currency}
            group={group}
            opensAt={opensAt}
          />
        ))}
      </div>
      {at && (
        <p className="readout job-readout">
          <span className="faint">{figure.label}</span>{' '}
          <b>
            <Opened to={opensAt(figure, at)} exact={show(figure, figure.of(at), currency)}>
              {show(figure, figure.of(at), currency)}
            </Opened>
          </b>{' '}
          <span className="quiet">
            {timeOf(at.at).slice(0, -3)}
            {at === minutes.at(-1) ? ', so far' : ''}
          </span>
        </p>
      )}
      <TimeSeries
        times={times}
        values={values}
        bucketMs={MINUTE_MS}
        openFrom={minutes.length - 1}
        height={narrow ? 190 : 230}
        format={value => (figure.unit === 'ratio' ? percent(value, 0) : axisText(value, money ? currency : ''))}
        label={`${figure.label} per minute of event time, ${minutes.length} values. The results below list them.`}
        onHover={setHover}
        onZoom={() => undefined}
      />
    </>
  )
}

function Tile({
  figure,
  minutes,
  chosen,
  currency,
  group,
  opensAt,
}: {
  figure: Figure
  minutes: readonly Minute[]
  chosen: boolean
  currency: string
  group: Group
  /** Where a figure of a minute leads. */
  opensAt: (figure: Figure, minute: Minute) => Opening
}) {
  const patch = usePatch()
  const last = minutes.at(-1)
  const over = figure.over(minutes)
  const exact = figure.unit === 'money' ? moneyExact(over.toFixed(2), currency) : show(figure, over, currency)
  const first = minutes[0]
  if (!first || !last) return null
  // The last minute is the newest that has a row; carts at the start say where the stretch began.
  const beside = figure.sql === null ? first : last
  const text = show(figure, figure.of(beside), currency)
  const whole =
    figure.sql === null ? opensAt(figure, last) : computed(overSql(figure, group, first.at, last.at), figure.column)
  return (
    <div className={`kpi selectable${chosen ? ' chosen' : ''}`} title={`${figure.label}: ${exact}; ${figure.means}`}>
      <button
        type="button"
        className="kpi-label stretched"
        aria-pressed={chosen}
        onClick={() => patch({ figure: figure.key === 'revenue' ? null : figure.key }, { replace: true })}
      >
        {figure.label}
      </button>
      <span className="kpi-value">
        <Opened to={whole} exact={exact}>
          {show(figure, over, currency)}
        </Opened>
      </span>
      <span className="kpi-foot small quiet clip">
        <Opened to={opensAt(figure, beside)} exact={text}>
          {text}
        </Opened>{' '}
        {beside === last ? 'this minute' : 'at the start'}
      </span>
      <Spark values={condense(minutes.map(figure.of))} height={20} />
    </div>
  )
}
