import { type RefObject, useMemo } from 'react'
import type { Annotation, ChartAnswer, ChartSpec } from '../../api/boards.ts'
import type { MetricRow, MetricsResult } from '../../api/types.ts'
import { Bars, Funnel } from '../../chart/board/bars.tsx'
import { HeatMap } from '../../chart/board/heat.tsx'
import { Lines } from '../../chart/board/lines.tsx'
import { BigNumber } from '../../chart/board/number.tsx'
import { seriesToken } from '../../chart/board/palette.ts'
import { DataTable } from '../../chart/board/table.tsx'
import { bucketOf, NONE, timeOf } from '../../format.ts'
import { explainHref } from '../../metric.ts'
import { navigate } from '../../router.ts'
import {
  barsOf,
  type Course,
  changesOf,
  courseOf,
  heatOf,
  nothingIn,
  numberOf,
  openRow,
  stepsOf,
  tableOf,
  writtenAs,
} from './shape.ts'

export interface BodyProps {
  chart: ChartSpec
  given: ChartAnswer
  title: string
  asTable: boolean
  annotations: readonly Annotation[]
  beforeLabel: string
  compared: boolean
  /** False where nothing but the dashboard can be reached. */
  opens: boolean
  readout: RefObject<HTMLElement | null>
}

const MOST_LINES = 6
const NO_NOTES: readonly Annotation[] = []

/** Goes to the rows behind a number of an answer. */
function openNumber(answer: MetricsResult, metric: number, row?: MetricRow): void {
  const head = answer.metrics[metric]
  const parts = answer.open.filter(o => o.metric === head?.name)
  const [first] = parts
  if (!head || !first) return
  const value = row?.values[head.name]
  const whole = {
    label: head.label,
    value: value == null ? NONE : writtenAs(head.format, answer.currency).exact(value),
    computed: head.computed,
    parts: parts.map(({ column, query }) => ({ column, query })),
  }
  navigate(explainHref(first.query, first.column, openRow(row), parts.length > 1 ? whole : undefined))
}

export function ChartBody(props: BodyProps) {
  const { chart, given, asTable, opens } = props
  const { answer } = given
  if (!answer) return null
  const none = chart.kind === 'number' ? '' : nothingIn(chart, answer)
  if (none) return <p className="chart-none">{none}</p>
  if (asTable || chart.kind === 'table')
    return <TableBody answer={answer} title={props.title} opens={opens} whole={asTable} />
  if (chart.kind === 'line' || chart.kind === 'area') return <LinesBody {...props} answer={answer} />
  if (chart.kind === 'number') return <NumberBody {...props} answer={answer} />
  return <PlainBody {...props} answer={answer} />
}

interface TableBodyProps {
  answer: MetricsResult
  title: string
  opens: boolean
  /** With the numbers of the period before, and not only how they changed. */
  whole: boolean
}

function TableBody({ answer, title, opens, whole }: TableBodyProps) {
  const table = useMemo(() => (whole ? tableOf(answer) : changesOf(answer)), [answer, whole])
  const pick = (row: number, column: number) => {
    const head = table.titles[column]?.title
    openNumber(
      answer,
      answer.metrics.findIndex(m => m.label === head),
      answer.rows[row],
    )
  }
  return <DataTable table={table} label={title} onPick={opens ? pick : undefined} />
}

function NumberBody({ given, answer, title, beforeLabel, compared, opens }: BodyProps & { answer: MetricsResult }) {
  const shape = useMemo(() => numberOf(given), [given])
  if (!shape) return null
  return (
    <BigNumber
      number={shape}
      title={title}
      currency={answer.currency}
      beforeLabel={beforeLabel}
      compared={compared}
      onPick={opens ? () => openNumber(answer, 0, answer.rows[0]) : undefined}
    />
  )
}

function PlainBody({ chart, answer, title, beforeLabel, opens }: BodyProps & { answer: MetricsResult }) {
  const written = writtenAs(answer.metrics[0]?.format ?? 'count', answer.currency)
  const pick = opens ? (row: MetricRow, metric = 0) => openNumber(answer, metric, row) : undefined
  const label = `${title}. The table view lists every value.`
  if (chart.kind === 'heatmap')
    return <HeatMap heat={heatOf(answer)} short={written.short} label={label} onPick={pick} />
  const shared = { short: written.short, label, beforeLabel, onPick: pick }
  if (chart.kind === 'funnel') return <Funnel items={stepsOf(answer)} {...shared} />
  return <Bars items={barsOf(answer)} {...shared} />
}

/** What stands beside the crosshair, as text. */
function readoutText(
  course: Course,
  plot: number,
  index: number | null,
  answer: MetricsResult,
  notes: readonly Annotation[],
) {
  const time = index === null ? undefined : course.times[index]
  const shown = course.plots[plot]
  if (index === null || time === undefined || !shown) return ''
  const { short } = writtenAs(shown.format, answer.currency)
  const values = shown.series.map(s => {
    const value = s.values[index]
    const text = value === null || value === undefined ? NONE : short(value)
    return shown.series.length === 1 ? text : `${s.label} ${text}`
  })
  const before = shown.series.length === 1 ? shown.series[0]?.before?.[index] : undefined
  const step = (course.times[1] ?? time + 1) - (course.times[0] ?? time)
  const happened = notes.filter(n => Date.parse(n.time) < time + step && Date.parse(n.end ?? n.time) >= time)
  return [
    bucketOf(time, answer.grain ?? 'day') + (course.open && index === course.times.length - 1 ? ', so far' : ''),
    values.join(', '),
    ...(before === null || before === undefined ? [] : [`before ${short(before)}`]),
    ...happened.map(n => `${n.kind}: ${n.text}`),
  ].join(' · ')
}

function summary(title: string, course: Course, plot: number, answer: MetricsResult): string {
  const first = course.times[0]
  const end = course.times.at(-1)
  if (first === undefined || end === undefined) return title
  const shown = course.plots[plot]
  const { short } = writtenAs(shown?.format ?? 'count', answer.currency)
  const latest = (shown?.series ?? []).map(s => `${s.label} ${short(s.values.findLast(v => v !== null) ?? 0)}`)
  return `${title}, ${timeOf(first)} to ${timeOf(end)}. Latest: ${latest.join(', ')}. The table view lists every value.`
}

/** Names the lines where there is no room for names at their ends. */
function Legend({ labels }: { labels: readonly string[] }) {
  return (
    <p className="plot-legend small" aria-hidden="true">
      {labels.map((label, i) => (
        <span key={label} className="clip">
          <i style={{ background: `var(${seriesToken(i)})` }} />
          {label}
        </span>
      ))}
    </p>
  )
}

function LinesBody(props: BodyProps & { answer: MetricsResult }) {
  const { chart, answer, title, annotations, beforeLabel, opens, readout } = props
  const course = useMemo(() => courseOf(answer, MOST_LINES), [answer])
  return (
    <div className="plots">
      {course.plots.map((plot, p) => {
        const written = writtenAs(plot.format, answer.currency)
        const several = course.plots.length > 1
        return (
          <div key={plot.format} className="plot">
            {several && <p className="plot-name small">{plot.series.map(s => s.label).join(', ')}</p>}
            {plot.series.length > 1 && <Legend labels={plot.series.map(s => s.label)} />}
            <Lines
              times={course.times}
              series={plot.series}
              open={course.open}
              named={answer.dimensions.length > 0}
              stacked={chart.kind === 'area'}
              beforeLabel={beforeLabel}
              axis={written.axis}
              short={written.short}
              annotations={annotations.length > 0 ? annotations : NO_NOTES}
              label={summary(title, course, p, answer)}
              onHover={index => {
                const text = readoutText(course, p, index, answer, annotations)
                if (readout.current && (index !== null || p === 0)) readout.current.textContent = text
              }}
              onPick={
                opens
                  ? (index, at) => {
                      const series = plot.series[at]
                      const row = answer.rows.find(
                        r =>
                          r.time &&
                          Date.parse(r.time) === course.times[index] &&
                          answer.dimensions.every(d => r.dimensions?.[d] === series?.dimensions[d]),
                      )
                      openNumber(
                        answer,
                        answer.metrics.findIndex(m => m.name === series?.metric.name),
                        row,
                      )
                    }
                  : undefined
              }
            />
          </div>
        )
      })}
    </div>
  )
}
