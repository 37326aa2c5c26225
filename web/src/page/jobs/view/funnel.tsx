import { useMemo, useState } from 'react'
import type { Row } from '../../../api/types.ts'
import { TimeSeries } from '../../../chart/timeseries.tsx'
import { bucketOf, count, percent } from '../../../format.ts'
import { usePatch, usePlace } from '../../../router.ts'
import { Segments } from '../../../ui/control.tsx'
import { newest } from '../bound.ts'
import { Opened } from '../opened.tsx'
import { computed, type Opening } from '../opens.ts'
import { useRows } from '../query.ts'
import { number, text, time } from '../read.ts'
import { ViewPanel, type ViewProps } from './frame.tsx'
import { conversionOf, HOUR_MS, type StepRow, stepsOf } from './steps.ts'

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

/** What is drawn: visits per step over all hours. */
export function stepsSql(hours: number, bound: string): string {
  return `SELECT step_no, sum(visits) AS visits
FROM funnel
WHERE ${newest('funnel', 'hour', `${hours} HOUR`, bound)}
GROUP BY step_no`
}

/** How many visits came how far. */
export function FunnelView({ bound }: ViewProps) {
  const { params } = usePlace()
  const patch = usePatch()
  const asked = params.get('hours') ?? ''
  const span: SpanKey = asked in SPANS ? (asked as SpanKey) : '24'
  const sql = funnelSql(Number(span), bound)
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
      {items => <Steps rows={items} opens={no => computed(stepsSql(Number(span), bound), 'visits', { step_no: no })} />}
    </ViewPanel>
  )
}

function Steps({ rows, opens }: { rows: StepRow[]; opens: (no: number) => Opening }) {
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
              <b className="num">
                <Opened to={opens(step.no)} exact={count(step.visits)}>
                  {count(step.visits)}
                </Opened>
              </b>
              <span className="num quiet" title={`Computed here: ${count(step.visits)} of ${count(first)} visits`}>
                {percent(first > 0 ? step.visits / first : 0, 1)}
              </span>
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
