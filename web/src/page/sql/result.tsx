import { Menu } from '@base-ui/react/menu'
import { useMemo, useState } from 'react'
import { api, type ExportFormat } from '../../api/client.ts'
import type { SqlAnswer } from '../../api/types.ts'
import { TimeSeries } from '../../chart/timeseries.tsx'
import { axisText, count, plain, timeOf } from '../../format.ts'
import { explainHref } from '../../metric.ts'
import { usePatch, usePlace } from '../../router.ts'
import { saveBlob } from '../../save.ts'
import { Link, Segments } from '../../ui/control.tsx'
import { type Column, Grid } from '../../ui/grid.tsx'
import { Icon } from '../../ui/icon.tsx'
import { type Chart, chartOf, groupDigits, NUMERIC } from './shape.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

function cellOf(name: string, value: unknown) {
  const text = plain(value)
  if (value === null || value === undefined) return <span className="faint">null</span>
  if (UUID.test(text) && name.includes('event_id')) {
    return (
      <Link href={`/events/${text}`} className="cell-link" title={text}>
        {text}
      </Link>
    )
  }
  if (name === 'order_id' && text) {
    return (
      <Link href={`/events?order_id=${encodeURIComponent(text)}`} className="cell-link">
        {text}
      </Link>
    )
  }
  return text
}

const CHAR = 8.4
const PAD = 28

/** A number of the result opens the rows behind it; its row is known by the columns that are no numbers. */
function Opens({ query, answer, row, at }: { query: string; answer: SqlAnswer; row: unknown[]; at: number }) {
  const known: Record<string, unknown> = {}
  answer.columns.forEach((column, i) => {
    if (i !== at && !NUMERIC.test(column.type)) known[column.name] = row[i]
  })
  const name = answer.columns[at]?.name ?? ''
  const text = groupDigits(plain(row[at]))
  if (row[at] === null || row[at] === undefined) return <span className="faint">null</span>
  return (
    <Link href={explainHref(query, name, known)} className="cell-link" title={`The rows behind ${text}`}>
      {text}
    </Link>
  )
}

function columnsOf(query: string, answer: SqlAnswer, past: boolean): Column<unknown[]>[] {
  const rows = answer.rows ?? []
  return answer.columns.map((column, i) => {
    const numeric = NUMERIC.test(column.type)
    const longest = rows.slice(0, 100).reduce((most, row) => Math.max(most, plain(row[i]).length), column.name.length)
    return {
      key: `${i}-${column.name}`,
      title: column.name,
      width: Math.min(Math.max(longest * CHAR + PAD, 72), 300),
      ...(numeric ? { align: 'end' as const } : {}),
      cell: row =>
        // What is behind a number of the past, the tables of today do not say.
        numeric && past ? (
          groupDigits(plain(row[i]))
        ) : numeric ? (
          <Opens query={query} answer={answer} row={row} at={i} />
        ) : (
          cellOf(column.name, row[i])
        ),
      text: row => plain(row[i]),
      compare: (a, b) =>
        numeric
          ? Number(a[i] ?? 0) - Number(b[i] ?? 0)
          : plain(a[i]).localeCompare(plain(b[i]), 'en', { numeric: true }),
    }
  })
}

export type Save = (format: ExportFormat) => Promise<Blob>

/** The plan of an EXPLAIN, or null for rows. */
function planOf(answer: SqlAnswer): string | null {
  const at = answer.columns.findIndex(column => column.name === 'explain_value')
  if (at < 0) return null
  return (answer.rows ?? []).map(row => plain(row[at])).join('\n')
}

export function Result({
  query,
  answer,
  save,
  past = false,
}: {
  query: string
  answer: SqlAnswer
  save?: Save | undefined
  past?: boolean
}) {
  const { params } = usePlace()
  const patch = usePatch()
  const columns = useMemo(() => columnsOf(query, answer, past), [query, answer, past])
  const rows = answer.rows ?? []
  const chart = useMemo(() => chartOf(answer), [answer])
  const asChart = params.get('view') === 'chart' && chart !== null
  const lead = (
    <Segments
      label="Show result as"
      value={asChart ? 'chart' : 'table'}
      choices={[
        { value: 'table', label: 'Table', icon: 'table' },
        { value: 'chart', label: 'Chart', icon: 'chart', disabled: chart === null },
      ]}
      onChange={view => patch({ view: view === 'chart' ? 'chart' : null }, { replace: true })}
    />
  )
  const plan = planOf(answer)
  if (plan !== null) {
    return (
      <section className="panel" aria-label="Plan">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls */}
        <pre className="plan" tabIndex={0}>
          {plan}
        </pre>
      </section>
    )
  }
  if (asChart && chart) {
    return (
      <div className="grid-box">
        <div className="grid-bar">
          {lead}
          <span className="spacer" />
          {!past && <Export query={query} save={save} />}
        </div>
        <QuickChart chart={chart} />
      </div>
    )
  }
  return (
    <Grid
      key={query}
      label="Result"
      fileName="result"
      columns={columns}
      rows={rows}
      rowKey={(_, i) => String(i)}
      lead={lead}
      actions={!past && <Export query={query} save={save} />}
    />
  )
}

const FORMATS: readonly { key: ExportFormat; label: string; ending: string }[] = [
  { key: 'csv', label: 'CSV', ending: 'csv' },
  { key: 'json', label: 'JSON', ending: 'json' },
  { key: 'arrow', label: 'Arrow stream', ending: 'arrows' },
]

function Export({ query, save: ask }: { query: string; save: Save | undefined }) {
  const [problem, setProblem] = useState('')
  const save = async (format: (typeof FORMATS)[number]) => {
    setProblem('')
    try {
      saveBlob(`result.${format.ending}`, await (ask ? ask(format.key) : api.sqlExport(query, format.key)))
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error))
    }
  }
  return (
    <>
      {problem && (
        <span className="error-text small" role="alert">
          Export failed: {problem}
        </span>
      )}
      <Menu.Root>
        <Menu.Trigger className="button ghost">
          <Icon name="download" />
          Export
        </Menu.Trigger>
        <Menu.Portal>
          <Menu.Positioner className="positioner" align="end" sideOffset={6}>
            <Menu.Popup className="menu">
              {FORMATS.map(format => (
                <Menu.Item key={format.key} className="menu-item" onClick={() => void save(format)}>
                  {format.label}
                </Menu.Item>
              ))}
            </Menu.Popup>
          </Menu.Positioner>
        </Menu.Portal>
      </Menu.Root>
    </>
  )
}

function QuickChart({ chart }: { chart: Chart }) {
  const [hover, setHover] = useState<number | null>(null)
  if (chart.kind === 'bars') {
    const top = Math.max(...chart.values.map(Math.abs), 1e-9)
    return (
      <div className="quick-bars">
        <p className="small faint">
          {chart.y} by {chart.x}
        </p>
        {chart.labels.map((label, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: names may repeat
          <div key={i} className="quick-bar">
            <span className="clip">{label || 'empty'}</span>
            <span className="quick-track">
              <span
                className={(chart.values[i] ?? 0) < 0 ? 'negative' : ''}
                style={{ width: `${(Math.abs(chart.values[i] ?? 0) / top) * 100}%` }}
              />
            </span>
            <span className="num">{groupDigits(String(chart.values[i] ?? 0))}</span>
          </div>
        ))}
      </div>
    )
  }
  const at = hover ?? chart.times.length - 1
  const step = chart.times.slice(1).reduce((least, time, i) => Math.min(least, time - (chart.times[i] ?? 0)), Infinity)
  return (
    <div className="quick-time">
      <p className="readout">
        <span className="faint">{chart.y}</span> <b>{groupDigits(String(chart.values[at] ?? 0))}</b>{' '}
        <span className="quiet">{timeOf(chart.times[at] ?? 0).replace(' 00:00:00', '')}</span>
      </p>
      <TimeSeries
        times={chart.times}
        values={chart.values}
        bucketMs={step}
        openFrom={chart.times.length}
        height={340}
        format={axisText}
        label={`${chart.y} over ${chart.x}, ${count(chart.times.length)} values`}
        onHover={setHover}
        onZoom={() => undefined}
      />
    </div>
  )
}
