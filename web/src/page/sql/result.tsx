import { Menu } from '@base-ui/react/menu'
import { useMemo, useState } from 'react'
import { api, type ExportFormat } from '../../api/client.ts'
import type { SqlAnswer } from '../../api/types.ts'
import { TimeSeries } from '../../chart/timeseries.tsx'
import { axisText, count, plain, timeOf } from '../../format.ts'
import { usePatch, usePlace } from '../../router.ts'
import { saveBlob } from '../../save.ts'
import { Link, Segments } from '../../ui/control.tsx'
import { type Column, Grid } from '../../ui/grid.tsx'
import { Icon } from '../../ui/icon.tsx'
import { type Chart, chartOf, groupDigits, NUMERIC } from './shape.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

function cellOf(name: string, numeric: boolean, value: unknown) {
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
  return numeric ? groupDigits(text) : text
}

const CHAR = 8.4
const PAD = 28

function columnsOf(answer: SqlAnswer): Column<unknown[]>[] {
  const rows = answer.rows ?? []
  return answer.columns.map((column, i) => {
    const numeric = NUMERIC.test(column.type)
    const longest = rows.slice(0, 100).reduce((most, row) => Math.max(most, plain(row[i]).length), column.name.length)
    return {
      key: `${i}-${column.name}`,
      title: column.name,
      width: Math.min(Math.max(longest * CHAR + PAD, 72), 300),
      ...(numeric ? { align: 'end' as const } : {}),
      cell: row => cellOf(column.name, numeric, row[i]),
      text: row => plain(row[i]),
      compare: (a, b) =>
        numeric
          ? Number(a[i] ?? 0) - Number(b[i] ?? 0)
          : plain(a[i]).localeCompare(plain(b[i]), 'en', { numeric: true }),
    }
  })
}

export function Result({ query, answer }: { query: string; answer: SqlAnswer }) {
  const { params } = usePlace()
  const patch = usePatch()
  const columns = useMemo(() => columnsOf(answer), [answer])
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
  if (asChart && chart) {
    return (
      <div className="grid-box">
        <div className="grid-bar">
          {lead}
          <span className="spacer" />
          <Export query={query} />
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
      actions={<Export query={query} />}
    />
  )
}

const FORMATS: readonly { key: ExportFormat; label: string; ending: string }[] = [
  { key: 'csv', label: 'CSV', ending: 'csv' },
  { key: 'json', label: 'JSON', ending: 'json' },
  { key: 'arrow', label: 'Arrow stream', ending: 'arrows' },
]

function Export({ query }: { query: string }) {
  const [problem, setProblem] = useState('')
  const save = async (format: (typeof FORMATS)[number]) => {
    setProblem('')
    try {
      saveBlob(`result.${format.ending}`, await api.sqlExport(query, format.key))
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
