import type { MetricRow } from '../../api/types.ts'
import { NONE, percent } from '../../format.ts'
import type { BarItem } from '../../page/board/shape.ts'

interface BarsProps {
  items: readonly BarItem[]
  short: (value: number) => string
  label: string
  beforeLabel: string
  onPick?: ((row: MetricRow, metric: number) => void) | undefined
}

const ROW = 22
const BAR = 14

const share = (value: number | null, most: number) => `${most > 0 ? (Math.max(value ?? 0, 0) / most) * 100 : 0}%`

/** Bars from zero, each with its name and number; a tick stands where the period before was. */
export function Bars({ items, short, label, beforeLabel, onPick }: BarsProps) {
  const most = Math.max(...items.map(i => Math.max(i.value ?? 0, i.before ?? 0)), 0)
  return (
    <ol className="cbars" aria-label={label} tabIndex={onPick ? undefined : 0}>
      {items.map(item => {
        const text = item.value === null ? NONE : short(item.value)
        const before = item.before === null ? '' : `, ${beforeLabel} ${short(item.before)}`
        const inner = (
          <>
            <span className="cbar-name clip" title={item.label}>
              {item.label}
            </span>
            <svg className="cbar-plot" height={ROW} width="100%" aria-hidden="true">
              <rect className="cbar-fill" y={(ROW - BAR) / 2} height={BAR} width={share(item.value, most)} rx="2" />
              {item.before !== null && (
                <line
                  x1={share(item.before, most)}
                  x2={share(item.before, most)}
                  y1="1"
                  y2={ROW - 1}
                  className="cbar-tick"
                />
              )}
            </svg>
            <span className="cbar-value">{text}</span>
          </>
        )
        return (
          <li key={item.label}>
            {onPick ? (
              <button
                type="button"
                className="cbar"
                title={`${item.label}: ${text}${before}`}
                onClick={() => onPick(item.row, 0)}
              >
                {inner}
              </button>
            ) : (
              <span className="cbar" title={`${item.label}: ${text}${before}`}>
                {inner}
              </span>
            )}
          </li>
        )
      })}
    </ol>
  )
}

/** Steps, each as a share of the first, with what went on from the step before. */
export function Funnel({ items, short, label, beforeLabel, onPick }: BarsProps) {
  const first = items[0]?.value ?? 0
  return (
    <ol className="cfunnel" aria-label={label} tabIndex={onPick ? undefined : 0}>
      {items.map((item, i) => {
        const before = items[i - 1]?.value ?? null
        const kept = before && item.value !== null ? item.value / before : null
        const text = item.value === null ? NONE : short(item.value)
        const old = item.before === null ? '' : `, ${beforeLabel} ${short(item.before)}`
        const inner = (
          <>
            <span className="cfunnel-head">
              <span className="clip">{item.label}</span>
              <b>{text}</b>
            </span>
            <span className="cfunnel-kept faint">
              {kept === null ? '' : `${percent(kept, 1)} went on`}
              {i > 1 && first > 0 && item.value !== null && (
                <span className="cfunnel-all">{` · ${percent(item.value / first, 1)} of all`}</span>
              )}
            </span>
            <svg className="cfunnel-plot" width="100%" height="20" aria-hidden="true">
              <rect className="cfunnel-base" width="100%" height="20" rx="2" />
              <rect className="cbar-fill" width={share(item.value, first)} height="20" rx="2" />
              {item.before !== null && first > 0 && item.before <= first && (
                <line
                  x1={share(item.before, first)}
                  x2={share(item.before, first)}
                  y1="0"
                  y2="20"
                  className="cbar-tick"
                />
              )}
            </svg>
          </>
        )
        return (
          <li key={item.label}>
            {onPick ? (
              <button
                type="button"
                className="cfunnel-step"
                title={`${item.label}: ${text}${old}`}
                onClick={() => onPick(item.row, i)}
              >
                {inner}
              </button>
            ) : (
              <span className="cfunnel-step" title={`${item.label}: ${text}${old}`}>
                {inner}
              </span>
            )}
          </li>
        )
      })}
    </ol>
  )
}
