import type { CheckResult } from '../../api/types.ts'
import { count, timeOf } from '../../format.ts'
import { measuredOf, scaleOf } from './measured.ts'

const WIDTH = 320
const HEIGHT = 56
const EDGE = 4

/** What a check measured, run by run, over an axis that says how far it moved. A run that failed has a mark. */
export function Course({ history }: { history: readonly CheckResult[] }) {
  const { what, values, runs, format } = measuredOf(history)
  const first = runs[0]
  const last = runs.at(-1)
  if (!first || !last || runs.length < 2) return null
  const { low, high } = scaleOf(values)
  const x = (i: number) => EDGE + (i / (values.length - 1)) * (WIDTH - 2 * EDGE)
  const y = (value: number) => HEIGHT - EDGE - ((value - low) / (high - low)) * (HEIGHT - 2 * EDGE)
  const text = `${what} in the last ${count(runs.length)} runs: ${format(values[0] ?? 0)} at first, ${format(values.at(-1) ?? 0)} now`
  return (
    <>
      <p className="course-said small quiet">{text}</p>
      <div className="course">
        <div className="course-scale small faint" aria-hidden="true">
          <span>{format(high)}</span>
          <span>{format(low)}</span>
        </div>
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" height={HEIGHT} aria-hidden="true">
          <path className="course-grid" d={`M0,${EDGE}H${WIDTH}M0,${HEIGHT - EDGE}H${WIDTH}`} />
          <polyline points={values.map((value, i) => `${x(i).toFixed(1)},${y(value).toFixed(1)}`).join(' ')} />
          {runs.map((run, i) =>
            run.success ? null : (
              <path
                key={run.number}
                className="course-failed"
                d={`M${x(i).toFixed(1)},${y(values[i] ?? 0).toFixed(1)}h0`}
              />
            ),
          )}
        </svg>
        <div className="course-times small faint" aria-hidden="true">
          <span>{timeOf(first.time)}</span>
          <span>{timeOf(last.time)}</span>
        </div>
      </div>
    </>
  )
}
