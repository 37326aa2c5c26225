import { bytes, count } from '../../format.ts'
import { Frame } from '../../ui/control.tsx'
import type { Bar } from './files.ts'

/** How many partitions are listed before the older ones are one row. */
const MOST = 24

/** The oldest bars become one, so that a long history fits. */
function fewer(bars: readonly Bar[]): readonly Bar[] {
  if (bars.length <= MOST) return bars
  const old = bars.slice(0, bars.length - MOST + 1)
  const sum = (of: (bar: Bar) => number) => old.reduce((n, bar) => n + of(bar), 0)
  const first = {
    label: `${old.length} older`,
    files: sum(b => b.files),
    rows: sum(b => b.rows),
    bytes: sum(b => b.bytes),
  }
  return [first, ...bars.slice(-MOST + 1)]
}

/** A histogram that is a table, so that everybody can read it. */
export function Bars({
  label,
  head,
  bars,
  by,
}: {
  label: string
  head: string
  bars: readonly Bar[]
  by: 'files' | 'bytes'
}) {
  const shown = fewer(bars)
  const most = Math.max(...shown.map(bar => bar[by]), 1)
  return (
    <Frame label={label}>
      <table className="table lake-bars">
        <thead>
          <tr>
            <th>{head}</th>
            <th className="num">Files</th>
            <th className="num">Rows</th>
            <th className="num">Size</th>
            <th className="bar-column">{by === 'files' ? 'Files' : 'Size'}, to scale</th>
          </tr>
        </thead>
        <tbody>
          {shown.map(bar => (
            <tr key={bar.label} className={bar.files === 0 ? 'faint' : ''}>
              <td>{bar.label}</td>
              <td className="num">{count(bar.files)}</td>
              <td className="num">{count(bar.rows)}</td>
              <td className="num">{bytes(bar.bytes)}</td>
              <td>
                <span className="lake-bar">
                  <span style={{ width: `${(bar[by] / most) * 100}%` }} />
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Frame>
  )
}
