import type { BoardDefinition, ChartKind, ChartSpec } from '../../../api/boards.ts'
import type { MetricInfo } from '../../../api/types.ts'
import { Button } from '../../../ui/control.tsx'
import { COLUMNS, dimensionLabel, shownWidth } from '../shape.ts'
import { RANGES } from '../view.ts'
import { changed, removed, resized } from './draft.ts'
import { KINDS, MetricList, toggled } from './picker.tsx'

const GRAINS = ['auto', 'hour', 'day', 'week', 'month', 'quarter', 'year']
const COMPARES = ['previous', 'year', 'none']
/** Most dimensions of a kind of chart. */
const MOST_BY: Record<ChartKind, number> = {
  number: 0,
  line: 1,
  area: 1,
  bar: 2,
  table: 5,
  funnel: 0,
  heatmap: 2,
  text: 0,
}

/** An empty field takes the limit away. */
function limitOf(text: string): Partial<ChartSpec> {
  return { limit: Number(text) || undefined } as Partial<ChartSpec>
}

const byOf = (by: string[]) => ({ by: by.length > 0 ? by : undefined }) as Partial<ChartSpec>

type SetDraft = (draft: BoardDefinition) => void

function Choice({
  label,
  value,
  choices,
  onChange,
}: {
  label: string
  value: string
  choices: readonly { value: string; label: string }[]
  onChange: (value: string) => void
}) {
  return (
    <label>
      <span>{label}</span>
      <select className="select" value={value} onChange={event => onChange(event.target.value)}>
        {choices.map(c => (
          <option key={c.value} value={c.value}>
            {c.label}
          </option>
        ))}
      </select>
    </label>
  )
}

const same = (values: readonly string[]) => values.map(value => ({ value, label: value }))

/** Dimensions that all of the metrics have. */
export function sharedDimensions(metrics: readonly MetricInfo[], names: readonly string[]): string[] {
  const lists = names.map(n => metrics.find(m => m.name === n)?.dimensions.map(d => d.name) ?? [])
  const [first = [], ...rest] = lists
  return first.filter(name => rest.every(list => list.includes(name)))
}

interface ChartFormProps {
  draft: BoardDefinition
  chart: ChartSpec
  metrics: readonly MetricInfo[]
  setDraft: SetDraft
  close: () => void
}

export function ChartForm({ draft, chart, metrics, setDraft, close }: ChartFormProps) {
  const set = (change: Partial<ChartSpec>) => setDraft(changed(draft, chart.id, change))
  const names = chart.metrics ?? []
  const by = chart.by ?? []
  const timed = chart.kind === 'number' || chart.kind === 'line' || chart.kind === 'area'
  return (
    <section className="side-part form" aria-label="Chart">
      <h3>
        Chart <code className="faint">{chart.id}</code>
      </h3>
      <label>
        <span>Title</span>
        <input
          className="field-in"
          value={chart.title ?? ''}
          maxLength={120}
          onChange={e => set({ title: e.target.value })}
        />
      </label>
      <Choice label="Kind" value={chart.kind} choices={KINDS} onChange={kind => set({ kind: kind as ChartKind })} />
      {chart.kind === 'text' ? (
        <label>
          <span>Text</span>
          <textarea
            className="field-in"
            rows={4}
            value={chart.text ?? ''}
            onChange={e => set({ text: e.target.value })}
          />
        </label>
      ) : (
        <>
          <MetricList metrics={metrics} chosen={names} onToggle={name => set({ metrics: toggled(names, name) })} />
          {MOST_BY[chart.kind] > 0 && (
            <ByList
              all={sharedDimensions(metrics, names)}
              chosen={by}
              most={MOST_BY[chart.kind]}
              onChange={next => setDraft(changed(draft, chart.id, byOf(next)))}
            />
          )}
        </>
      )}
      {timed && (
        <Choice
          label="Buckets"
          value={chart.grain ?? 'auto'}
          choices={same(GRAINS)}
          onChange={grain => set({ grain })}
        />
      )}
      <label>
        <span>Width, of twelve columns</span>
        <input
          className="field-in"
          type="number"
          min={2}
          max={COLUMNS}
          value={shownWidth(draft, chart)}
          onChange={e => setDraft(resized(draft, chart.id, Number(e.target.value) || 2))}
        />
      </label>
      {by.length > 0 && (
        <>
          <label>
            <span>Most rows or series</span>
            <input
              className="field-in"
              type="number"
              min={1}
              max={1000}
              value={chart.limit ?? ''}
              onChange={e => setDraft(changed(draft, chart.id, limitOf(e.target.value)))}
            />
          </label>
          <Choice
            label="Order"
            value={chart.order ?? ''}
            choices={[
              { value: '', label: 'by time and name' },
              ...names.flatMap(n => [
                { value: `-${n}`, label: `most ${dimensionLabel(n).toLowerCase()} first` },
                { value: n, label: `least ${dimensionLabel(n).toLowerCase()} first` },
              ]),
            ]}
            onChange={order => set({ order })}
          />
        </>
      )}
      <div className="side-buttons">
        <Button tone="primary" onClick={close}>
          Done
        </Button>
        <Button
          onClick={() => {
            setDraft(removed(draft, chart.id))
            close()
          }}
        >
          Remove the chart
        </Button>
      </div>
    </section>
  )
}

function ByList({
  all,
  chosen,
  most,
  onChange,
}: {
  all: readonly string[]
  chosen: readonly string[]
  most: number
  onChange: (by: string[]) => void
}) {
  return (
    <fieldset className="by-list">
      <legend className="small quiet">Broken down by{most === 1 ? ', one' : `, at most ${most}`}</legend>
      {all.map(name => (
        <label key={name} className="check">
          <input
            type="checkbox"
            checked={chosen.includes(name)}
            disabled={!chosen.includes(name) && chosen.length >= most && most > 1}
            onChange={() => onChange(most === 1 && !chosen.includes(name) ? [name] : toggled(chosen, name))}
          />
          {dimensionLabel(name)}
        </label>
      ))}
      {all.length === 0 && <p className="small quiet">The metrics have no dimension in common.</p>}
    </fieldset>
  )
}

export function BoardForm({
  draft,
  metrics,
  setDraft,
}: {
  draft: BoardDefinition
  metrics: readonly MetricInfo[]
  setDraft: SetDraft
}) {
  const used = [...new Set(draft.rows.flatMap(r => r.charts.flatMap(c => c.metrics ?? [])))]
  const known = [
    ...new Set(used.flatMap(n => metrics.find(m => m.name === n)?.dimensions.map(d => d.name) ?? [])),
  ].sort()
  const filters = draft.filters ?? []
  return (
    <section className="side-part form" aria-label="Dashboard">
      <h3>Dashboard</h3>
      <label>
        <span>Title</span>
        <input
          className="field-in"
          value={draft.title}
          maxLength={120}
          onChange={e => setDraft({ ...draft, title: e.target.value })}
        />
      </label>
      <label>
        <span>What it is for</span>
        <input
          className="field-in"
          value={draft.description ?? ''}
          maxLength={300}
          onChange={e => setDraft({ ...draft, description: e.target.value })}
        />
      </label>
      <Choice
        label="Range"
        value={draft.range ?? '28d'}
        choices={RANGES.map(r => ({ value: r.key, label: r.label }))}
        onChange={range => setDraft({ ...draft, range })}
      />
      <Choice
        label="Compared with"
        value={draft.compare ?? 'none'}
        choices={same(COMPARES)}
        onChange={compare => setDraft({ ...draft, compare })}
      />
      {known.length > 0 && (
        <fieldset className="by-list">
          <legend className="small quiet">Filters offered</legend>
          {known.map(name => (
            <label key={name} className="check">
              <input
                type="checkbox"
                checked={filters.includes(name)}
                onChange={() => setDraft({ ...draft, filters: toggled(filters, name) })}
              />
              {dimensionLabel(name)}
            </label>
          ))}
        </fieldset>
      )}
    </section>
  )
}
