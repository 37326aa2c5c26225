import { type KeyboardEvent, type PointerEvent, useRef, useState } from 'react'
import { dayOf } from '../format.ts'
import { DAY_MS, isoDay, startOfDay } from '../state/range.ts'

interface MinimapProps {
  times: readonly number[]
  values: readonly number[]
  /** The ends of all data, in milliseconds. */
  start: number
  end: number
  from: number
  to: number
  onChange: (fromDay: string, toDay: string) => void
}

type Grip = 'from' | 'to' | 'window' | 'new'

const HEIGHT = 36

/** All of the data in little, with a window on the part that the page shows. Drag the window, its ends, or a new one. */
export function Minimap(props: MinimapProps) {
  const box = useRef<HTMLDivElement>(null)
  const [draft, setDraft] = useState<{ from: number; to: number } | null>(null)
  const span = Math.max(props.end - props.start, DAY_MS)
  const shown = draft ?? { from: Math.max(props.from, props.start), to: Math.min(props.to, props.end) }
  const share = (ms: number) => `${Math.min(Math.max(((ms - props.start) / span) * 100, 0), 100)}%`

  const clamp = (ms: number) => Math.min(Math.max(ms, props.start), props.end)
  const commit = (next: { from: number; to: number }) => {
    const from = startOfDay(next.from)
    const to = Math.max(startOfDay(next.to - 1) + DAY_MS, from + DAY_MS)
    props.onChange(isoDay(from), isoDay(to))
  }
  const at = (event: { clientX: number }) => {
    const rect = box.current?.getBoundingClientRect()
    return rect ? clamp(props.start + ((event.clientX - rect.left) / rect.width) * span) : props.start
  }
  const onPointerDown = (grip: Grip) => (event: PointerEvent) => {
    event.preventDefault()
    event.stopPropagation()
    const origin = at(event)
    const base = shown
    let next = base
    const move = (e: globalThis.PointerEvent) => {
      const now = at(e)
      if (grip === 'from') next = { from: Math.min(now, base.to - DAY_MS), to: base.to }
      else if (grip === 'to') next = { from: base.from, to: Math.max(now, base.from + DAY_MS) }
      else if (grip === 'new') next = { from: Math.min(origin, now), to: Math.max(origin, now) }
      else {
        const shift = Math.min(Math.max(now - origin, props.start - base.from), props.end - base.to)
        next = { from: base.from + shift, to: base.to + shift }
      }
      setDraft(next)
    }
    const end = () => {
      window.removeEventListener('pointermove', move)
      window.removeEventListener('pointerup', end)
      setDraft(null)
      if (next !== base) commit(next)
    }
    window.addEventListener('pointermove', move)
    window.addEventListener('pointerup', end)
  }
  const onKey = (grip: 'from' | 'to') => (event: KeyboardEvent) => {
    const days = { ArrowLeft: -1, ArrowRight: 1, PageDown: -30, PageUp: 30 }[event.key]
    if (days === undefined) return
    event.preventDefault()
    const moved = clamp(shown[grip] + days * DAY_MS)
    if (grip === 'from') commit({ from: Math.min(moved, shown.to - DAY_MS), to: shown.to })
    else commit({ from: shown.from, to: Math.max(moved, shown.from + DAY_MS) })
  }

  const top = Math.max(...props.values, 1)
  const points = props.times.map((time, i) => {
    const x = ((time - props.start) / span) * 1000
    return `${Math.max(x, 0).toFixed(1)},${(HEIGHT - (Math.max(props.values[i] ?? 0, 0) / top) * (HEIGHT - 4)).toFixed(1)}`
  })
  const handle = (grip: 'from' | 'to', label: string) => (
    <span
      className={`grip ${grip}`}
      style={{ left: share(shown[grip]) }}
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={props.start}
      aria-valuemax={props.end}
      aria-valuenow={shown[grip]}
      aria-valuetext={dayOf(shown[grip])}
      onPointerDown={onPointerDown(grip)}
      onKeyDown={onKey(grip)}
    />
  )
  return (
    <div className="minimap">
      <span className="small faint">{dayOf(props.start)}</span>
      <div className="minimap-box" ref={box} onPointerDown={onPointerDown('new')}>
        <svg viewBox={`0 0 1000 ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
          <polygon points={`0,${HEIGHT} ${points.join(' ')} 1000,${HEIGHT}`} />
        </svg>
        <span className="shade" style={{ left: 0, width: share(shown.from) }} />
        <span className="shade" style={{ left: share(shown.to), right: 0 }} />
        <span
          className="window"
          style={{ left: share(shown.from), right: `calc(100% - ${share(shown.to)})` }}
          onPointerDown={onPointerDown('window')}
        />
        {handle('from', 'Start of the range')}
        {handle('to', 'End of the range')}
      </div>
      <span className="small faint">{dayOf(props.end - 1)}</span>
    </div>
  )
}
