import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { api } from '../../api/client.ts'
import type { Grain, Overview } from '../../api/types.ts'
import { Minimap } from '../../chart/minimap.tsx'
import { TimeSeries } from '../../chart/timeseries.tsx'
import { axisText, bucketOf, change, count, moneyWhole, signedPercent } from '../../format.ts'
import { type Metric, metricOf, pointValue, type SeriesMetric, seriesSql, sqlHref } from '../../metric.ts'
import { usePatch, usePlace } from '../../router.ts'
import { saveText } from '../../save.ts'
import { bucketStart, bucketStep, bucketsOf } from '../../state/bucket.ts'
import { useDefinitions } from '../../state/definitions.ts'
import type { Extent } from '../../state/extent.ts'
import { DAY_MS, GRAINS, grainFits, isoDay, previousLabel, type Range, startOfDay } from '../../state/range.ts'
import { Button, Link, Segments } from '../../ui/control.tsx'
import { Icon } from '../../ui/icon.tsx'
import { useNarrow } from '../../ui/screen.ts'

interface TrendProps {
  overview: Overview | null
  extent: Extent
  range: Range
  metric: SeriesMetric
  compare: boolean
}

interface Shape {
  grain: Grain
  times: number[]
  values: number[]
  from: number
  to: number
  openFrom: number
}

/** The answer's series with its gaps filled: a day without sales is a zero, not a missing day. */
function shapeOf(overview: Overview, metric: SeriesMetric): Shape {
  const { grain } = overview
  const series = overview.series ?? []
  const first = series[0]
  const from = overview.from
    ? Date.parse(overview.from)
    : Date.parse(first?.time ?? overview.data_from ?? overview.as_of)
  const newest = Date.parse(overview.data_to ?? overview.as_of)
  const asked = overview.to ? Date.parse(overview.to) : newest
  const to = Math.max(Math.min(asked, bucketStep(bucketStart(newest, grain), grain, 1)), from + 1)
  const times = bucketsOf(from, to <= newest ? to : newest + 1, grain)
  const byTime = new Map(series.map(point => [Date.parse(point.time), pointValue(point, metric)]))
  const open = times.findIndex(time => bucketStep(time, grain, 1) > newest)
  return {
    grain,
    times,
    values: times.map(t => byTime.get(t) ?? 0),
    from,
    to,
    openFrom: open < 0 ? times.length : open,
  }
}

/** The same number of buckets of the period before. */
function useBefore(shape: Shape | null, metric: SeriesMetric, wanted: boolean, oldest: number | null) {
  const start = shape?.times[0] ?? 0
  const size = shape?.times.length ?? 0
  const grain = shape?.grain ?? 'day'
  const from = bucketStep(start, grain, -size)
  const { data } = useQuery({
    queryKey: ['before', start, size, grain],
    enabled: wanted && shape !== null && oldest !== null && start > oldest,
    staleTime: 60_000,
    // While a replay moves the range, most of the old answer still holds.
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      api.overview(
        { from: new Date(from).toISOString(), to: new Date(start).toISOString(), grain, compare: false },
        signal,
      ),
  })
  return useMemo(() => {
    if (!data?.series || oldest === null || !wanted) return null
    const byTime = new Map(data.series.map(point => [Date.parse(point.time), pointValue(point, metric)]))
    return Array.from({ length: size }, (_, i) => {
      const time = bucketStep(from, grain, i)
      const known = (data.from ? time >= Date.parse(data.from) : true) && (data.to ? time < Date.parse(data.to) : true)
      return !known || bucketStep(time, grain, 1) <= oldest ? null : (byTime.get(time) ?? 0)
    })
  }, [data, metric, size, from, grain, oldest, wanted])
}

export function Trend({ overview, extent, range, metric, compare }: TrendProps) {
  const { params } = usePlace()
  const patch = usePatch()
  const narrow = useNarrow()
  const [hover, setHover] = useState<number | null>(null)
  const shape = useMemo(() => (overview ? shapeOf(overview, metric) : null), [overview, metric])
  const whole = range.kind === 'preset' && range.preset.days === null
  const before = useBefore(shape, metric, compare && !whole, extent.oldest)
  const definition = metricOf(metric)
  const currency = overview?.currency ?? ''
  if (!definition) throw new Error(`BUG: no metric ${metric}`)
  const show = (value: number) => (definition.money ? moneyWhole(value, currency) : count(value))
  const asTable = params.get('view') === 'table'
  const zoom = (from: number, to: number) => {
    const fine = to - from < 2 * DAY_MS
    const start = fine ? Math.floor(from / 3_600_000) * 3_600_000 : startOfDay(from)
    const end = fine ? Math.ceil(to / 3_600_000) * 3_600_000 : startOfDay(to - 1) + DAY_MS
    const text = (ms: number) => (fine ? new Date(ms).toISOString().replace('.000Z', 'Z') : isoDay(ms))
    patch({ range: null, from: text(start), to: text(end) })
  }
  return (
    <section className="panel trend">
      <header className="panel-head">
        <h2>
          {definition.label} <span className="faint">per {(shape?.grain ?? 'day').toString()}</span>
        </h2>
        {shape && <Readout shape={shape} before={before} hover={hover} show={show} previous={previousLabel(range)} />}
        <span className="spacer" />
        <TrendTools shape={shape} definition={definition} asTable={asTable} />
      </header>
      {asTable && shape ? (
        <TrendTable shape={shape} before={before} label={definition.label} show={show} />
      ) : shape ? (
        <TimeSeries
          times={shape.times}
          values={shape.values}
          before={before}
          beforeLabel={previousLabel(range)}
          bucketMs={(shape.times[1] ?? bucketStep(shape.times[0] ?? 0, shape.grain, 1)) - (shape.times[0] ?? 0)}
          openFrom={shape.openFrom}
          height={narrow ? 210 : 262}
          format={value => axisText(value, definition.money ? currency : '')}
          label={`${definition.label} per ${shape.grain}, ${shape.times.length} values. The table view lists them.`}
          onHover={setHover}
          onZoom={zoom}
        />
      ) : (
        <div className="skeleton chart-skeleton" style={{ height: narrow ? 210 : 262 }} />
      )}
      <TrendMap extent={extent} shape={shape} metric={metric} />
    </section>
  )
}

function TrendMap({ extent, shape, metric }: { extent: Extent; shape: Shape | null; metric: SeriesMetric }) {
  const patch = usePatch()
  const series = extent.overview?.series
  const data = useMemo(
    () => ({
      times: (series ?? []).map(p => Date.parse(p.time)),
      values: (series ?? []).map(p => pointValue(p, metric)),
    }),
    [series, metric],
  )
  if (extent.oldest === null || extent.newest === null || !shape) return <div className="minimap" />
  return (
    <Minimap
      {...data}
      start={startOfDay(extent.oldest)}
      end={startOfDay(extent.newest) + DAY_MS}
      from={shape.from}
      to={shape.to}
      onChange={(from, to) => patch({ range: null, from, to })}
    />
  )
}

function Readout({
  shape,
  before,
  hover,
  show,
  previous,
}: {
  shape: Shape
  before: (number | null)[] | null
  hover: number | null
  show: (value: number) => string
  previous: string
}) {
  const peak = shape.values.indexOf(Math.max(...shape.values))
  const at = hover ?? peak
  const value = shape.values[at]
  const time = shape.times[at]
  if (value === undefined || time === undefined) return null
  const old = before?.[at]
  const ratio = hover === null ? null : change(value, old)
  return (
    <p className="readout" aria-hidden="true">
      <span className="faint">{hover === null ? 'peak' : ''}</span> <b>{show(value)}</b>{' '}
      <span className="quiet">
        {bucketOf(time, shape.grain)}
        {at >= shape.openFrom ? ', so far' : ''}
      </span>
      {hover !== null && old !== null && old !== undefined && (
        <span className="faint readout-before">
          {previous} {show(old)}
          {ratio !== null && ` (${signedPercent(ratio)})`}
        </span>
      )}
    </p>
  )
}

function TrendTools({ shape, definition, asTable }: { shape: Shape | null; definition: Metric; asTable: boolean }) {
  const patch = usePatch()
  const span = shape ? shape.to - shape.from : 0
  const meaning = useDefinitions(
    shape ? { from: new Date(shape.from).toISOString(), to: new Date(shape.to).toISOString() } : {},
  )[definition.key]
  const save = () => {
    if (!shape) return
    const lines = shape.times.map((t, i) => `${new Date(t).toISOString()},${shape.values[i]}`)
    saveText(`${definition.key}.csv`, 'text/csv', `time,${definition.key}\n${lines.join('\n')}\n`)
  }
  return (
    <div className="tools">
      <Segments
        label="Bucket"
        value={shape?.grain ?? 'day'}
        choices={(Object.keys(GRAINS) as Grain[]).map(grain => ({
          value: grain,
          label: GRAINS[grain],
          disabled: !grainFits(grain, span),
        }))}
        onChange={grain => patch({ grain }, { replace: true })}
      />
      <Button
        tone="ghost"
        icon={asTable ? 'chart' : 'table'}
        label={asTable ? 'Show as chart' : 'Show as table'}
        onClick={() => patch({ view: asTable ? null : 'table' }, { replace: true })}
      />
      <Button tone="ghost" icon="download" label="Save as CSV" onClick={save} />
      <Link
        className="button ghost only"
        href={meaning ? sqlHref(seriesSql(meaning, shape?.grain ?? 'day')) : '/sql'}
        aria-label="Open in SQL"
        title="Open in SQL"
      >
        <Icon name="sql" />
      </Link>
    </div>
  )
}

function TrendTable({
  shape,
  before,
  label,
  show,
}: {
  shape: Shape
  before: (number | null)[] | null
  label: string
  show: (value: number) => string
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling frame must be reachable by keyboard
    <section className="trend-table" tabIndex={0} aria-label={`${label} per ${shape.grain}`}>
      <table className="table">
        <thead>
          <tr>
            <th>{GRAINS[shape.grain]}</th>
            <th className="num">{label}</th>
            {before && <th className="num">Period before</th>}
          </tr>
        </thead>
        <tbody>
          {shape.times.map((time, i) => (
            <tr key={time}>
              <td>{bucketOf(time, shape.grain)}</td>
              <td className="num">{show(shape.values[i] ?? 0)}</td>
              {before && <td className="num quiet">{before[i] === null ? '' : show(before[i] ?? 0)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
