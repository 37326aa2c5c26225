import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { type BoardDefinition, type BoardView, boards, type Compare } from '../../api/boards.ts'
import { dayOf } from '../../format.ts'
import { navigate, usePatch, usePlace } from '../../router.ts'
import { isoDay } from '../../state/range.ts'
import { Button, Popover, Segments } from '../../ui/control.tsx'
import { Icon } from '../../ui/icon.tsx'
import { dimensionLabel, valueLabel } from './shape.ts'
import { compareOf, filtersOf, RANGES, withFilter } from './view.ts'

const COMPARE: { value: Compare; label: string }[] = [
  { value: 'previous', label: 'Period before' },
  { value: 'year', label: 'Year before' },
  { value: 'none', label: 'None' },
]

export function viewLabel(view: BoardView): string {
  if (view.from && view.to) {
    const [from, to] = [dayOf(view.from), dayOf(Date.parse(view.to) - 1)]
    return from === to ? from : `${from} to ${to}`
  }
  return RANGES.find(r => r.key === view.range)?.label ?? 'Last 28 days'
}

export function BoardRange({ definition, view }: { definition: BoardDefinition | undefined; view: BoardView }) {
  return (
    <Popover
      triggerClass="button plain range-button"
      triggerLabel={`Time range: ${viewLabel(view)}`}
      title="Time range"
      align="end"
      className="range-pop"
      trigger={
        <>
          <Icon name="calendar" />
          <span>{viewLabel(view)}</span>
          <Icon name="down" size={14} />
        </>
      }
    >
      {close => <RangeForm definition={definition} view={view} close={close} />}
    </Popover>
  )
}

interface RangeFormProps {
  definition: BoardDefinition | undefined
  view: BoardView
  close: () => void
}

function RangeForm({ definition, view, close }: RangeFormProps) {
  const patch = usePatch()
  const { params } = usePlace()
  const [from, setFrom] = useState(view.from?.slice(0, 10) ?? '')
  const [to, setTo] = useState(view.to ? isoDay(Date.parse(view.to) - 1) : '')
  const wrong = from !== '' && to !== '' && from > to
  const apply = (event: FormEvent) => {
    event.preventDefault()
    if (!from || !to || wrong) return
    patch({ range: null, from, to: isoDay(Date.parse(`${to}T00:00:00Z`) + 86_400_000) })
    close()
  }
  return (
    <div className="range-form">
      <ul>
        {RANGES.map(range => (
          <li key={range.key}>
            <button
              type="button"
              className="menu-item"
              aria-pressed={view.range === range.key}
              onClick={() => {
                patch({ range: range.key === definition?.range ? null : range.key, from: null, to: null })
                close()
              }}
            >
              {range.label}
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
        <span className="small quiet">Compare with</span>
        <Segments
          label="Compare with"
          value={compareOf(definition, params)}
          choices={COMPARE}
          onChange={value => patch({ compare: value === (definition?.compare ?? 'none') ? null : value })}
        />
        <p className="small faint">Ranges count back from the newest event. Days are in UTC.</p>
      </form>
    </div>
  )
}

/** The dimensions that the dashboard offers, each with what it is held to. */
export function FilterChips({ definition, shared }: { definition: BoardDefinition; shared: boolean }) {
  const { params } = usePlace()
  const chosen = filtersOf(params)
  const metrics = definition.rows.flatMap(r => r.charts.flatMap(c => c.metrics ?? []))
  const offered = definition.filters ?? []
  const names = [...offered, ...chosen.map(f => f.dimension).filter(name => !offered.includes(name))]
  if (names.length === 0) return null
  return (
    <div className="fchips">
      {names.map(name => (
        <FilterChip
          key={name}
          dimension={name}
          metrics={metrics}
          values={chosen.find(f => f.dimension === name)?.values ?? []}
          shared={shared}
        />
      ))}
    </div>
  )
}

interface ChipProps {
  dimension: string
  /** Of the dashboard; one of them has the dimension. */
  metrics: readonly string[]
  values: readonly string[]
  shared: boolean
}

function setFilter(dimension: string, values: readonly string[]): void {
  const place = new URLSearchParams(window.location.search)
  const text = withFilter(place, dimension, values).toString()
  navigate(text === '' ? window.location.pathname : `${window.location.pathname}?${text}`)
}

function FilterChip({ dimension, metrics, values, shared }: ChipProps) {
  const label = dimensionLabel(dimension)
  const shown = values.map(v => valueLabel(dimension, v)).join(', ')
  return (
    <span className={`fchip-box${values.length > 0 ? ' set' : ''}`}>
      <Popover
        triggerClass="fchip"
        title={label}
        className="chip-pop"
        trigger={
          <>
            {label}
            {shown ? <b className="clip">{shown}</b> : <span className="faint">any</span>}
          </>
        }
      >
        <ChipForm dimension={dimension} metrics={metrics} values={values} shared={shared} />
      </Popover>
      {values.length > 0 && (
        <button type="button" className="chip-off" aria-label={`Any ${label}`} onClick={() => setFilter(dimension, [])}>
          <Icon name="close" size={12} />
        </button>
      )}
    </span>
  )
}

function ChipForm({ dimension, metrics, values, shared }: ChipProps) {
  const [text, setText] = useState('')
  const { data, isPending } = useQuery({
    queryKey: ['filter-values', metrics, dimension],
    enabled: !shared,
    staleTime: 60_000,
    retry: false,
    queryFn: ({ signal }) => boards.values(metrics, dimension, signal),
  })
  const known = [...new Set([...values, ...(data ?? [])])]
  const wanted = text.trim().toLowerCase()
  const found = known.filter(v => `${v} ${valueLabel(dimension, v)}`.toLowerCase().includes(wanted)).slice(0, 60)
  const toggle = (value: string) =>
    setFilter(dimension, values.includes(value) ? values.filter(v => v !== value) : [...values, value])
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const value = found.length === 1 ? found[0] : text.trim()
    if (value && !values.includes(value)) toggle(value)
    setText('')
  }
  return (
    <form className="chip-form" onSubmit={submit}>
      <input
        className="field-in"
        aria-label={`Value of ${dimensionLabel(dimension)}`}
        placeholder="Find, or type a value and press Enter"
        value={text}
        onChange={event => setText(event.target.value)}
      />
      <ul>
        {found.map(value => (
          <li key={value}>
            <label className="check">
              <input type="checkbox" checked={values.includes(value)} onChange={() => toggle(value)} />
              {valueLabel(dimension, value)}
            </label>
          </li>
        ))}
      </ul>
      {!shared && isPending && <p className="small faint">Looking for values</p>}
    </form>
  )
}
