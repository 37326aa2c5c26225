import { useState } from 'react'
import type { ChartKind } from '../../../api/boards.ts'
import type { MetricInfo } from '../../../api/types.ts'
import { Button } from '../../../ui/control.tsx'

const MOST_SHOWN = 40

export function MetricList({
  metrics,
  chosen,
  onToggle,
}: {
  metrics: readonly MetricInfo[]
  chosen: readonly string[]
  onToggle: (name: string) => void
}) {
  const [text, setText] = useState('')
  const wanted = text.trim().toLowerCase()
  const found = metrics.filter(m =>
    `${m.name} ${m.label} ${m.area ?? ''} ${m.synonyms.join(' ')} ${m.description}`.toLowerCase().includes(wanted),
  )
  const first = (m: MetricInfo) => (chosen.includes(m.name) ? 0 : 1)
  const shown = found.sort((a, b) => first(a) - first(b)).slice(0, MOST_SHOWN)
  return (
    <div className="metric-list">
      <input
        className="field-in"
        aria-label="Find a metric"
        placeholder="Find a metric"
        value={text}
        onChange={event => setText(event.target.value)}
      />
      <ul>
        {shown.map(metric => (
          <li key={metric.name}>
            <label className="check" title={metric.description}>
              <input type="checkbox" checked={chosen.includes(metric.name)} onChange={() => onToggle(metric.name)} />
              <span className="clip">{metric.label}</span>
              <span className="faint small">{metric.area}</span>
            </label>
          </li>
        ))}
      </ul>
      {found.length > MOST_SHOWN && <p className="small faint">{found.length - MOST_SHOWN} more; type to find them</p>}
      {found.length === 0 && <p className="small quiet">No metric is called that.</p>}
    </div>
  )
}

export const KINDS: { value: ChartKind; label: string }[] = [
  { value: 'number', label: 'Number' },
  { value: 'line', label: 'Line' },
  { value: 'area', label: 'Stacked area' },
  { value: 'bar', label: 'Bars' },
  { value: 'table', label: 'Table' },
  { value: 'funnel', label: 'Funnel' },
  { value: 'heatmap', label: 'Heatmap' },
  { value: 'text', label: 'Text' },
]

export function toggled(names: readonly string[], name: string): string[] {
  return names.includes(name) ? names.filter(n => n !== name) : [...names, name]
}

/** Pick metrics, then what to make of them. */
export function Adder({
  metrics,
  onAdd,
}: {
  metrics: readonly MetricInfo[]
  onAdd: (kind: ChartKind, metrics: string[]) => void
}) {
  const [names, setNames] = useState<string[]>([])
  const make = (kind: ChartKind) => {
    onAdd(kind, names)
    setNames([])
  }
  const fits = (kind: ChartKind) => kind === 'text' || (kind === 'funnel' ? names.length > 1 : names.length > 0)
  return (
    <section className="side-part" aria-label="Add a chart">
      <h3>Add a chart</h3>
      <MetricList metrics={metrics} chosen={names} onToggle={name => setNames(toggled(names, name))} />
      <div className="kind-buttons">
        {KINDS.map(kind => (
          <Button key={kind.value} disabled={!fits(kind.value)} onClick={() => make(kind.value)}>
            {kind.label}
          </Button>
        ))}
      </div>
    </section>
  )
}
