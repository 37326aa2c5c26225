import { useMemo, useState } from 'react'
import type { Row } from '../../../api/types.ts'
import { TimeSeries } from '../../../chart/timeseries.tsx'
import { bucketOf, count, percent } from '../../../format.ts'
import { usePatch, usePlace } from '../../../router.ts'
import { Segments } from '../../../ui/control.tsx'
import { boundOf, newest } from '../bound.ts'
import { number, text, time, useRows } from '../query.ts'
import { ViewPanel, type ViewProps } from './frame.tsx'

const HOUR_MS = 3_600_000

export interface StepRow {
  hour: number
  no: number
  step: string
  visits: number
}

const readStep = (row: Row): StepRow => ({
  hour: time(row['hour']) ?? 0,
  no: number(row['step_no']),
  step: text(row['step']),
  visits: number(row['visits']),
})

const SPANS = { '1': 'Newest hour', '24': '24 h', '168': '7 days' } as const
type SpanKey = keyof typeof SPANS

function funnelSql(hours: number, bound: string): string {
  return `SELECT hour, step_no, step, visits
FROM funnel
WHERE ${newest('funnel', 'hour', `${hours} HOUR`, bound)}
ORDER BY hour, step_no`
}

export interface StepSum {
  no: number
  step: string
  visits: number
}

/** Visits per step over all hours, in the order of the steps. */
export function stepsOf(rows: readonly StepRow[]): StepSum[] {
  const all = new Map<number, StepSum>()
  for (const row of rows) {
    const sum = all.get(row.no)
    if (sum) sum.visits += row.visits
    else all.set(row.no, { no: row.no, step: row.step, visits: row.visits })
  }
  return [...all.values()].sort((a, b) => a.no - b.no)
}

/** The share of each hour's visits that came to the last step; null for an hour without visits. */
export function conversionOf(rows: readonly StepRow[]): { times: number[]; values: (number | null)[] } {
  const last = rows.reduce((most, row) => Math.max(most, row.no), 0)
  const first = rows.reduce((least, row) => Math.min(least, row.no), last)
  const hours = rows.map(row => row.hour)
  const from = hours.reduce((least, at) => Math.min(least, at), Number.POSITIVE_INFINITY)
  const to = hours.reduce((most, at) => Math.max(most, at), Number.NEGATIVE_INFINITY)
  const visits = (hour: number, no: number) => rows.find(row => row.hour === hour && row.no === no)?.visits ?? 0
  const times: number[] = []
  for (let at = from; at <= to; at += HOUR_MS) times.push(at)
  return {
    times,
    values: times.map(at => {
      const begun = visits(at, first)
      return begun > 0 ? visits(at, last) / begun : null
    }),
  }
}

/** How many visits came how far. */
export function FunnelView({ job }: ViewProps) {
  const { params } = usePlace()
  const patch = usePatch()
  const asked = params.get('hours') ?? ''
  const span: SpanKey = asked in SPANS ? (asked as SpanKey) : '24'
  const sql = funnelSql(Number(span), boundOf(job))
  const rows = useRows(sql, readStep)
  const tools = (
    <Segments
      label="Visits that began in"
      value={span}
      choices={(['1', '24', '168'] as const).map(value => ({ value, label: SPANS[value] }))}
      onChange={value => patch({ hours: value === '24' ? null : value }, { replace: true })}
    />
  )
  return (
    <ViewPanel
      title="Funnel"
      note="a visit counts in the hour in which it began, once it is over"
      sql={sql}
      rows={rows}
      empty="No visit has ended yet."
      height={260}
      tools={tools}
    >
      {items => <Steps rows={items} />}
    </ViewPanel>
  )
}

function Steps({ rows }: { rows: StepRow[] }) {
  const steps = useMemo(() => stepsOf(rows), [rows])
  const course = useMemo(() => conversionOf(rows), [rows])
  const [hover, setHover] = useState<number | null>(null)
  const first = steps[0]?.visits ?? 0
  const at = hover ?? course.times.length - 1
  const value = course.values[at]
  const last = steps.at(-1)?.step ?? ''
  return (
    <div className={course.times.length > 1 ? 'funnel-halves' : 'funnel-whole'}>
      <ol className="funnel">
        {steps.map((step, i) => {
          const before = steps[i - 1]
          const lost = before ? before.visits - step.visits : 0
          return (
            <li key={step.no}>
              <span className="funnel-name">{step.step}</span>
              <span className="funnel-track">
                <span style={{ width: `${first > 0 ? (step.visits / first) * 100 : 0}%` }} />
              </span>
              <b className="num">{count(step.visits)}</b>
              <span className="num quiet">{percent(first > 0 ? step.visits / first : 0, 1)}</span>
              <span className="small quiet funnel-loss">
                {before && before.visits > 0
                  ? `${percent(step.visits / before.visits, 1)} of ${before.step}, ${count(lost)} left`
                  : 'all visits'}
              </span>
            </li>
          )
        })}
      </ol>
      {course.times.length > 1 && (
        <div>
          <p className="readout job-readout">
            <span className="faint">visits that came to {last}</span>{' '}
            <b>{value === null || value === undefined ? 'none began' : percent(value, 1)}</b>{' '}
            <span className="quiet">{bucketOf(course.times[at] ?? 0, 'hour')}</span>
          </p>
          <TimeSeries
            times={course.times}
            values={course.values}
            bucketMs={HOUR_MS}
            openFrom={course.times.length - 1}
            height={210}
            format={v => percent(v, 0)}
            label={`Share of visits that came to ${last}, per hour in which they began; ${course.times.length} values`}
            onHover={setHover}
            onZoom={() => undefined}
          />
        </div>
      )}
    </div>
  )
}
