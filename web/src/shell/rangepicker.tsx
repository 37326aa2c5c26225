import { type FormEvent, useState } from 'react'
import { dayOf } from '../format.ts'
import { usePatch, usePlace } from '../router.ts'
import { isoDay, PRESETS, type Range, rangeLabel } from '../state/range.ts'
import { Button, Popover } from '../ui/control.tsx'
import { Icon } from '../ui/icon.tsx'

interface RangePickerProps {
  range: Range
  fallback: string
  oldest: number | null
  newest: number | null
  /** Left out where a page has no comparison. */
  compare?: boolean
}

export function RangePicker(props: RangePickerProps) {
  return (
    <Popover
      triggerClass="button plain range-button"
      triggerLabel={`Time range: ${rangeLabel(props.range)}`}
      title="Time range"
      align="end"
      className="range-pop"
      trigger={
        <>
          <Icon name="calendar" />
          <span>{rangeLabel(props.range)}</span>
          <Icon name="down" size={14} />
        </>
      }
    >
      {close => <RangeForm {...props} close={close} />}
    </Popover>
  )
}

function RangeForm({ range, fallback, oldest, newest, compare, close }: RangePickerProps & { close: () => void }) {
  const patch = usePatch()
  const { params } = usePlace()
  const last = newest === null ? '' : isoDay(newest)
  const [from, setFrom] = useState(
    range.kind === 'custom' ? range.from.slice(0, 10) : oldest === null ? '' : isoDay(oldest),
  )
  const [to, setTo] = useState(range.kind === 'custom' ? isoDay(Date.parse(range.to) - 1) : last)
  const wrong = from !== '' && to !== '' && from > to
  const choose = (key: string) => {
    patch({ range: key === fallback ? null : key, from: null, to: null })
    close()
  }
  const apply = (event: FormEvent) => {
    event.preventDefault()
    if (!from || !to || wrong) return
    patch({ range: null, from, to: isoDay(Date.parse(`${to}T00:00:00Z`) + 86_400_000) })
    close()
  }
  return (
    <div className="range-form">
      <ul>
        {PRESETS.map(preset => (
          <li key={preset.key}>
            <button
              type="button"
              className="menu-item"
              aria-pressed={range.kind === 'preset' && range.preset.key === preset.key}
              onClick={() => choose(preset.key)}
            >
              {preset.label}
            </button>
          </li>
        ))}
      </ul>
      <form onSubmit={apply}>
        <label>
          <span>From</span>
          <input type="date" value={from} onChange={e => setFrom(e.target.value)} />
        </label>
        <label>
          <span>To, inclusive</span>
          <input type="date" value={to} onChange={e => setTo(e.target.value)} aria-invalid={wrong} />
        </label>
        {wrong && <p className="error-text small">The range ends before it starts.</p>}
        <Button type="submit" tone="primary" disabled={!from || !to || wrong}>
          Apply
        </Button>
        {compare !== undefined && (
          <label className="check">
            <input
              type="checkbox"
              checked={compare}
              onChange={() => patch({ compare: params.get('compare') === 'off' ? null : 'off' })}
            />
            Compare with the period before
          </label>
        )}
        <p className="small faint">
          Presets count back from the newest event{newest === null ? '' : `, ${dayOf(newest)}`}. Days are in UTC.
        </p>
      </form>
    </div>
  )
}
