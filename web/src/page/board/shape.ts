// From the answer of a chart to what is drawn. Pure; the components draw.
import type { BoardDefinition, ChartAnswer, ChartSpec } from '../../api/boards.ts'
import type { MetricHead, MetricRow, MetricsResult } from '../../api/types.ts'
import {
  axisText,
  bucketOf,
  change,
  count,
  countryName,
  MINUS,
  moneyCents,
  moneyCompact,
  moneyExact,
  NONE,
  percent,
  signedPercent,
  signedPoints,
} from '../../format.ts'

export interface Written {
  axis: (value: number) => string
  /** In a chart: short, with its unit. */
  short: (value: number) => string
  /** In a table: aligned with its neighbours, so with as many decimals as they have. */
  cell: (text: string) => string
  /** Every digit that the server sent. */
  exact: (text: string) => string
}

const decimals = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 2 })
const signed = (text: string) => text.replace('-', MINUS)
const days = (value: number) => `${signed(decimals.format(value))} ${value === 1 ? 'day' : 'days'}`

/** How numbers of a format are written. */
export function writtenAs(format: string, currency = ''): Written {
  if (format === 'money') {
    return {
      axis: value => axisText(value, currency),
      short: value => (Math.abs(value) < 1000 ? moneyCents(value, currency) : moneyCompact(value, currency)),
      cell: text => moneyCents(text, currency),
      exact: text => moneyExact(text, currency),
    }
  }
  if (format === 'percent') {
    return {
      axis: value => `${signed(decimals.format(value * 100))} %`,
      short: value => percent(value, 1),
      cell: text => percent(Number(text), 1),
      exact: text => percent(Number(text), 4),
    }
  }
  if (format === 'days') {
    const exact = (text: string) => days(Number(text))
    return { axis: days, short: days, cell: exact, exact }
  }
  const whole = format === 'count'
  const plain = (value: number) => (whole ? count(value) : signed(decimals.format(value)))
  return {
    axis: value => axisText(value),
    short: value => (Math.abs(value) >= 100_000 ? axisText(value) : plain(value)),
    cell: text => plain(Number(text)),
    exact: text => plain(Number(text)),
  }
}

export interface Change {
  text: string
  /** null where it is too small to speak of. */
  rises: boolean | null
  tone: '' | 'good' | 'bad'
}

const FLAT = 0.0005
/** From here on a factor says more than per cent. */
const MANYFOLD = 9.5

/** How a number changed: by per cent, by a factor, or a share by points. null where there is nothing to compare with. */
export function changeOf(metric: MetricHead, value: number | null, before: number | null): Change | null {
  if (value === null || before === null) return null
  const shares = metric.format === 'percent'
  // A share of what is below zero says nothing.
  const below = metric.format === 'count' && (value < 0 || before < 0) && value !== before
  if (below) return { text: `${value > before ? '+' : ''}${count(value - before)}`, rises: value > before, tone: '' }
  if (!shares && before === 0 && value !== 0) return { text: 'new', rises: null, tone: '' }
  const by = shares ? value - before : change(value, before)
  if (by === null) return null
  if (Math.abs(by) < FLAT) return { text: 'unchanged', rises: null, tone: '' }
  const tone = metric.better ? (by > 0 === (metric.better === 'higher') ? 'good' : 'bad') : ''
  const text = shares ? signedPoints(by * 100) : by >= MANYFOLD ? `× ${count(Math.round(by + 1))}` : signedPercent(by)
  return { text, rises: by > 0, tone }
}

const number = (text: string | null | undefined) => (text === null || text === undefined ? null : Number(text))

export interface Series {
  key: string
  label: string
  metric: MetricHead
  values: (number | null)[]
  before: (number | null)[] | null
  dimensions: Record<string, string | null>
}

export interface Course {
  times: number[]
  /** The last bucket has not ended: it is less than it will be. */
  open: boolean
  /** One plot for each unit: no plot has two axes. */
  plots: { format: string; series: Series[] }[]
}

const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']

/** A value of a dimension in words. */
export function valueLabel(dimension: string, value: string | null | undefined): string {
  if (value === null || value === undefined || value === '') return '(none)'
  if (dimension === 'country' || dimension === 'card_country') return countryName(value)
  if (dimension === 'day_of_week') return WEEKDAYS[Number(value) - 1] ?? value
  if (dimension === 'hour_of_day') return `${value.padStart(2, '0')}:00`
  return value
}

export function rowLabel(dimensions: readonly string[], row: MetricRow): string {
  return dimensions.map(name => valueLabel(name, row.dimensions?.[name])).join(' · ')
}

const words = (name: string) => name.replaceAll('_', ' ')
export const dimensionLabel = (name: string) =>
  words(name)
    .replace(/^./, c => c.toUpperCase())
    .replace(/ id$/, '')

const total = (values: readonly (number | null)[]) => values.reduce<number>((sum, v) => sum + (v ?? 0), 0)

const MINUTE_MS = 60_000
const WIDTH_MS: Record<string, number> = {
  minute: MINUTE_MS,
  hour: 60 * MINUTE_MS,
  day: 24 * 60 * MINUTE_MS,
  week: 7 * 24 * 60 * MINUTE_MS,
}
const WIDTH_MONTHS: Record<string, number> = { month: 1, quarter: 3, year: 12 }

/** The start of the bucket that is so many buckets away. */
function shifted(time: number, grain: string, by: number): number {
  const months = WIDTH_MONTHS[grain]
  if (months === undefined) return time + by * (WIDTH_MS[grain] ?? WIDTH_MS['day'] ?? 0)
  const date = new Date(time)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + by * months, 1)
}

const MOST_BUCKETS = 5000

/** All buckets of the range: one in which nothing happened has no row, and is a point all the same. */
function bucketsOf(answer: MetricsResult): number[] {
  const known = [...new Set(answer.rows.flatMap(row => (row.time ? [Date.parse(row.time)] : [])))].sort((a, b) => a - b)
  const [first] = known
  const { grain, from, to } = answer
  if (first === undefined || !grain || !from || !to) return known
  const all = new Set(known)
  const [start, end] = [Date.parse(from), Date.parse(to)]
  for (let at = first; at > start && all.size < MOST_BUCKETS; ) {
    at = shifted(at, grain, -1)
    all.add(at)
  }
  for (let at = shifted(first, grain, 1); at < end && all.size < MOST_BUCKETS; at = shifted(at, grain, 1)) all.add(at)
  return [...all].sort((a, b) => a - b)
}

/** The same points of time for every series; a bucket without a number is null, of what is counted 0. */
export function courseOf(answer: MetricsResult, most: number): Course {
  const times = bucketsOf(answer)
  const at = new Map(times.map((time, i) => [time, i]))
  const all = new Map<string, Series>()
  const compared = answer.compared_with !== undefined && answer.compared_with !== null
  for (const row of answer.rows) {
    const i = row.time ? at.get(Date.parse(row.time)) : undefined
    if (i === undefined) continue
    const label = rowLabel(answer.dimensions, row)
    for (const metric of answer.metrics) {
      const key = `${metric.name}\n${label}`
      let series = all.get(key)
      if (!series) {
        const name = label === '' ? metric.label : answer.metrics.length > 1 ? `${label} · ${metric.label}` : label
        const counted = answer.dimensions.length > 0 && metric.kind === 'simple' && metric.format === 'count'
        const empty = () => times.map(() => (counted ? 0 : null) as number | null)
        series = {
          key,
          label: name,
          metric,
          values: empty(),
          before: compared ? empty() : null,
          dimensions: row.dimensions ?? {},
        }
        all.set(key, series)
      }
      series.values[i] = number(row.values[metric.name])
      if (series.before) series.before[i] = number(row.previous?.[metric.name])
    }
  }
  const byFormat = new Map<string, Series[]>()
  const ranked = [...all.values()]
  if (answer.dimensions.length > 0) ranked.sort((a, b) => total(b.values) - total(a.values))
  for (const series of ranked) {
    const group = byFormat.get(series.metric.format) ?? []
    if (group.length < most) group.push(series)
    byFormat.set(series.metric.format, group)
  }
  const last = times.at(-1)
  const open =
    last !== undefined && !!answer.grain && !!answer.to && shifted(last, answer.grain, 1) > Date.parse(answer.to)
  return { times, open, plots: [...byFormat].map(([format, series]) => ({ format, series })) }
}

export interface BarItem {
  label: string
  value: number | null
  exact: string | null
  before: number | null
  row: MetricRow
}

export function barsOf(answer: MetricsResult): BarItem[] {
  const metric = answer.metrics[0]
  if (!metric) return []
  if (answer.dimensions.length === 0 && answer.metrics.length > 1) return stepsOf(answer)
  return answer.rows.map(row => ({
    label: [
      ...(row.time ? [bucketOf(Date.parse(row.time), answer.grain ?? 'day')] : []),
      ...(answer.dimensions.length > 0 ? [rowLabel(answer.dimensions, row)] : []),
    ].join(' · '),
    value: number(row.values[metric.name]),
    exact: row.values[metric.name] ?? null,
    before: number(row.previous?.[metric.name]),
    row,
  }))
}

/** One item a metric: the steps of a funnel. */
export function stepsOf(answer: MetricsResult): BarItem[] {
  const row = answer.rows[0]
  if (!row) return []
  return answer.metrics.map(metric => ({
    label: metric.label,
    value: number(row.values[metric.name]),
    exact: row.values[metric.name] ?? null,
    before: number(row.previous?.[metric.name]),
    row,
  }))
}

export interface Heat {
  rows: string[]
  columns: string[]
  /** By row, then column; null where nothing was. */
  cells: ({ value: number; row: MetricRow } | null)[][]
  most: number
}

/** Stands for the buckets of time, beside names of dimensions. */
const TIME = ''
/** Dimensions of which every value is shown, in their order. */
const CYCLES: Record<string, string[]> = {
  day_of_week: ['1', '2', '3', '4', '5', '6', '7'],
  hour_of_day: Array.from({ length: 24 }, (_, hour) => String(hour)),
}
const inOrder = (a: string, b: string) => a.localeCompare(b, 'en', { numeric: true })

export function heatOf(answer: MetricsResult): Heat {
  const metric = answer.metrics[0]
  const [down, across = TIME] = answer.dimensions
  if (!metric || !down) return { rows: [], columns: [], cells: [], most: 0 }
  const keyOf = (row: MetricRow, name: string) => (name === TIME ? row.time : row.dimensions?.[name]) ?? ''
  const keys = (name: string) => CYCLES[name] ?? [...new Set(answer.rows.map(row => keyOf(row, name)))].sort(inOrder)
  const [rows, columns] = [keys(down), keys(across)]
  const at = (list: readonly string[]) => new Map(list.map((key, i) => [key, i]))
  const [rowAt, columnAt] = [at(rows), at(columns)]
  const cells: Heat['cells'] = rows.map(() => columns.map(() => null))
  let most = 0
  for (const row of answer.rows) {
    const value = number(row.values[metric.name])
    const line = cells[rowAt.get(keyOf(row, down)) ?? -1]
    const column = columnAt.get(keyOf(row, across))
    if (value === null || !line || column === undefined) continue
    line[column] = { value, row }
    most = Math.max(most, value)
  }
  const name = (key: string) =>
    across === TIME ? bucketOf(Date.parse(key), answer.grain ?? 'day') : valueLabel(across, key)
  return { rows: rows.map(r => valueLabel(down, r)), columns: columns.map(name), cells, most }
}

export interface NumberShape {
  metric: MetricHead
  value: string | null
  before: string | null
  change: number | null
  course: (number | null)[]
}

/** The number over the whole range, and its course in little. */
export function numberOf({ answer, course }: ChartAnswer): NumberShape | null {
  const metric = answer?.metrics[0]
  if (!answer || !metric) return null
  const row = answer.rows[0]
  const timed = course?.rows.filter(r => r.time) ?? []
  return {
    metric,
    value: row?.values[metric.name] ?? null,
    before: row?.previous?.[metric.name] ?? null,
    change: number(row?.changes?.[metric.name]),
    course: timed.some(r => Number(r.values[metric.name] ?? 0) !== 0)
      ? timed.map(r => number(r.values[metric.name]))
      : [],
  }
}

export interface TableShape {
  titles: {
    title: string
    numeric: boolean /** In place of the title, where that repeats the one before. */
    short?: string
  }[]
  rows: string[][]
  /** All digits of what is shorter in rows. */
  exact: string[][]
  /** As the server sent it. */
  plain: string[][]
  /** By row and column, of columns that tell of changes. */
  changes: (Change | null)[][]
}

/** Rows with how much each number changed: what a chart of the kind table shows. */
export function changesOf(answer: MetricsResult): TableShape {
  const full = tableOf(answer)
  const compared = answer.rows.some(row => row.previous)
  if (!compared) return full
  const lead = full.titles.length - 2 * answer.metrics.length
  const metricAt = (column: number) => answer.metrics[(column - lead - 1) / 2]
  const isChange = (column: number) => column > lead && (column - lead) % 2 === 1
  return {
    ...full,
    titles: full.titles.map((t, c) =>
      isChange(c) ? { title: `${metricAt(c)?.label}, change`, short: 'Change', numeric: true } : t,
    ),
    rows: full.rows.map(line => line.map((text, c) => (isChange(c) ? '' : text))),
    changes: answer.rows.map(row =>
      full.titles.map((_, c) => {
        const metric = isChange(c) ? metricAt(c) : undefined
        return metric ? changeOf(metric, number(row.values[metric.name]), number(row.previous?.[metric.name])) : null
      }),
    ),
  }
}

/** Every chart is also a table: on the screen, for screen readers, and in the file. */
export function tableOf(answer: MetricsResult): TableShape {
  const timed = answer.rows.some(row => row.time)
  const compared = answer.rows.some(row => row.previous)
  const columns = answer.metrics.map(metric => writtenAs(metric.format, answer.currency))
  const titles = [
    ...(timed ? [{ title: answer.grain ? dimensionLabel(answer.grain) : 'Time', numeric: false }] : []),
    ...answer.dimensions.map(name => ({ title: dimensionLabel(name), numeric: false })),
    ...answer.metrics.flatMap(m => [
      { title: m.label, numeric: true },
      ...(compared ? [{ title: `${m.label}, before`, numeric: true }] : []),
    ]),
  ]
  const line = (row: MetricRow, write: (text: string | null | undefined, i: number) => string, raw: boolean) => [
    ...(timed ? [row.time ? (raw ? row.time : row.time.replace('T00:00:00Z', '').replace('T', ' ')) : ''] : []),
    ...answer.dimensions.map(n => (raw ? (row.dimensions?.[n] ?? '') : valueLabel(n, row.dimensions?.[n]))),
    ...answer.metrics.flatMap((m, i) => [
      write(row.values[m.name], i),
      ...(compared ? [write(row.previous?.[m.name], i)] : []),
    ]),
  ]
  const written = (how: 'cell' | 'exact') => (text: string | null | undefined, i: number) =>
    text == null ? NONE : (columns[i]?.[how](text) ?? text)
  return {
    titles,
    rows: answer.rows.map(row => line(row, written('cell'), false)),
    exact: answer.rows.map(row => line(row, written('exact'), false)),
    changes: [],
    plain: answer.rows.map(row => line(row, text => text ?? '', true)),
  }
}

/** What is sent to /explain for a number of a row: its time and dimensions. */
export function openRow(row: MetricRow | undefined): Record<string, unknown> | undefined {
  if (!row) return undefined
  const of = { ...(row.time ? { time: row.time } : {}), ...(row.dimensions ?? {}) }
  return Object.keys(of).length > 0 ? of : undefined
}

/** A chart's title, or what it shows. */
export function titleOf(chart: ChartSpec, heads: readonly MetricHead[] = []): string {
  if (chart.title) return chart.title
  const names = (chart.metrics ?? []).map(m => heads.find(h => h.name === m)?.label ?? dimensionLabel(m))
  const by = (chart.by ?? []).map(words)
  return `${names.join(', ') || 'Chart'}${by.length > 0 ? ` by ${by.join(' and ')}` : ''}`
}

const WIDTHS: Record<ChartSpec['kind'], number> = {
  number: 3,
  line: 6,
  area: 6,
  bar: 4,
  table: 6,
  funnel: 6,
  heatmap: 6,
  text: 12,
}

export const COLUMNS = 12

/** The width of a chart where it stands. */
export function shownWidth(definition: BoardDefinition, chart: ChartSpec): number {
  const row = definition.rows.find(r => r.charts.some(c => c.id === chart.id))
  return widthsOf(row?.charts ?? [chart])[row?.charts.indexOf(chart) ?? 0] ?? widthOf(chart)
}

/** The widths of a row's charts: what is left of a line goes to those of it that have no width of their own. */
export function widthsOf(charts: readonly ChartSpec[]): number[] {
  const widths = charts.map(chart => widthOf(chart, charts.length))
  let start = 0
  let used = 0
  const fill = (end: number) => {
    const open = widths.map((_, i) => i).filter(i => i >= start && i < end && !charts[i]?.width)
    open.forEach((at, i) => {
      const share = Math.floor((COLUMNS - used) / (open.length - i))
      widths[at] = (widths[at] ?? 0) + share
      used += share
    })
    start = end
    used = 0
  }
  widths.forEach((width, i) => {
    if (used + width > COLUMNS) fill(i)
    used += width
  })
  fill(widths.length)
  return widths
}

/** Why there is nothing to draw; empty where there is something. */
export function nothingIn(chart: ChartSpec, answer: MetricsResult): string {
  const some = answer.rows.some(row =>
    answer.metrics.some(m => Number(row.values[m.name] ?? 0) !== 0 || Number(row.previous?.[m.name] ?? 0) !== 0),
  )
  const what = answer.metrics.map(m => m.label).join(', ')
  const [first] = answer.metrics
  const sorted = chart.kind === 'table' && !!first && chart.order === `-${first.name}`
  const zeros = sorted && answer.rows.every(row => Number(row.values[first.name] ?? 0) === 0)
  if (zeros) return `${first.label}: none in this range.`
  if (answer.rows.length === 0 || (!some && chart.kind !== 'table'))
    return `${what}: nothing in this range. No event tells of it; choose a longer range, or fewer filters.`
  const unknown = answer.dimensions.filter(name => answer.rows.every(row => (row.dimensions?.[name] ?? '') === ''))
  if (unknown.length > 0 && unknown.length === answer.dimensions.length && chart.kind !== 'table')
    return `The events in this range have no ${unknown.map(words).join(' and no ')}, so that there is nothing to break down by.`
  return ''
}

/** Columns of twelve; numbers share their row. */
export function widthOf(chart: ChartSpec, inRow = 1): number {
  if (chart.width) return Math.min(Math.max(chart.width, 1), COLUMNS)
  if (chart.kind === 'number' && inRow > 4) return Math.max(Math.floor(COLUMNS / inRow), 2)
  return WIDTHS[chart.kind]
}
