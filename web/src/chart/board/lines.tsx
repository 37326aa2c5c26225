import { useEffect, useMemo, useRef } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { Annotation } from '../../api/boards.ts'
import { useShownTheme } from '../../state/theme.ts'
import { axisLabels, axisStarts } from '../axis.ts'
import { faded } from '../color.ts'
import { drawLabels, drawMarks, drawOpen, type EndLabel, fontOf, TYPE, WALL_TYPE } from './draw.ts'
import { type Paint, paintFor } from './palette.ts'

export interface LineSeries {
  key: string
  label: string
  values: readonly (number | null)[]
  before: readonly (number | null)[] | null
}

export interface LinesProps {
  /** Bucket starts in milliseconds. */
  times: readonly number[]
  series: readonly LineSeries[]
  stacked?: boolean
  /** The last bucket has not ended. */
  open: boolean
  /** A line alone has its name at its end, too: it is one of several that could be. */
  named: boolean
  beforeLabel: string
  axis: (value: number) => string
  short: (value: number) => string
  annotations: readonly Annotation[]
  label: string
  /** Called without rendering: what stands beside the crosshair. */
  onHover: (index: number | null) => void
  onPick?: ((index: number, series: number) => void) | undefined
}

type Latest = LinesProps & { bucketS: number; size: number }

const AXIS_WIDTH = 52
/** Of a digit, in the type of the axis. */
const DIGIT = 7
const LABEL_SPACE = 66
/** Narrower than this, labels at the lines' ends would take the room of the lines. */
const LABELS_FROM = 340
const TOP = 14
/** How solid the areas are. */
const STACKED = 0.6

const last = (values: readonly (number | null)[]) => {
  for (let i = values.length - 1; i >= 0; i -= 1) if (values[i] !== null && values[i] !== undefined) return i
  return -1
}

/** x, then each series, then each comparison; stacked, each series is the sum up to itself. */
function alignedOf({ times, series, stacked }: LinesProps): uPlot.AlignedData {
  const values = series.map(s => [...s.values])
  if (stacked) {
    for (let i = values.length - 2; i >= 0; i -= 1) {
      const above = values[i + 1]
      values[i] = (values[i] ?? []).map((v, at) => (v ?? 0) + (above?.[at] ?? 0))
    }
  }
  const before = stacked ? [] : series.map(s => (s.before ? [...s.before] : times.map(() => null)))
  return [times.map(t => t / 1000), ...values, ...before]
}

function seriesOf(props: LinesProps, paint: Paint): uPlot.Series[] {
  const color = (i: number) => paint.series[i % paint.series.length] ?? paint.text
  const lines = props.series.map((_, i) => ({
    stroke: color(i),
    width: props.stacked ? 1 : 1.75,
    points: { show: false },
    ...(props.stacked && i === props.series.length - 1 ? { fill: faded(color(i), STACKED) } : {}),
    ...(!props.stacked && props.series.length === 1 ? { fill: faded(color(i), 0.1) } : {}),
  }))
  const before = props.stacked
    ? []
    : props.series.map((_, i) => ({
        stroke: faded(color(i), 0.5),
        width: 1.25,
        dash: [4, 3],
        points: { show: false },
      }))
  return [{}, ...lines, ...before]
}

/** Between the sum up to a series and the sum below it. */
function bandsOf(props: LinesProps, paint: Paint): uPlot.Band[] {
  if (!props.stacked) return []
  return props.series.slice(1).map((_, i) => ({
    series: [i + 1, i + 2],
    fill: faded(paint.series[i % paint.series.length] ?? paint.text, STACKED),
  }))
}

function soleLabel(latest: Latest, label: string, value: number): string {
  const text = latest.short(value)
  if (latest.named) return `${label} ${text}`
  return latest.open ? `${text} so far` : text
}

/** The names at the ends of the lines; the comparison is named once. */
function endLabels(u: uPlot, latest: Latest, paint: Paint): EndLabel[] {
  const labels: EndLabel[] = []
  const size = latest.series.length
  latest.series.forEach((s, i) => {
    const values = u.data[i + 1] as (number | null)[]
    const at = last(values)
    if (at < 0) return
    const below = latest.stacked && i + 1 < size ? ((u.data[i + 2]?.[at] as number | null) ?? 0) : 0
    const y = latest.stacked ? ((values[at] ?? 0) + below) / 2 : (values[at] as number)
    const value = s.values[at]
    labels.push({
      text: size === 1 ? soleLabel(latest, s.label, value ?? 0) : s.label,
      y: u.valToPos(y, 'y', true),
      color: paint.series[i % paint.series.length] ?? paint.text,
      strong: true,
    })
  })
  const first = latest.stacked ? undefined : latest.series[0]?.before
  if (first && size === 1) {
    const at = last(first)
    if (at >= 0)
      labels.push({
        text: latest.beforeLabel,
        y: u.valToPos(first[at] as number, 'y', true),
        color: paint.text,
        strong: false,
      })
  }
  return labels
}

interface Place {
  width: number
  height: number
  /** Of the type, in pixels. */
  type: number
}

function optionsOf(latest: { current: Latest }, paint: Paint, { width, height, type }: Place): uPlot.Options {
  const named = width >= LABELS_FROM
  const scale = type / TYPE
  const room = named ? Math.min(Math.max(latest.current.size * scale, 40), width * 0.3) : 18
  return {
    width,
    height,
    padding: [TOP, room, 0, 0],
    legend: { show: false },
    tzDate: seconds => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    scales: {
      x: { time: true, range: (_u, min, max) => [min, max > min ? max : min + latest.current.bucketS] },
      y: { range: (_u, min, max) => [Math.min(0, min ?? 0), (max ?? 0) > 0 ? (max ?? 1) * 1.06 : 1] },
    },
    cursor: {
      y: false,
      points: { size: 6 },
      drag: { x: false, y: false },
      sync: { key: 'board' },
    },
    axes: [
      {
        stroke: paint.text,
        font: fontOf(type),
        lineGap: 1.3,
        grid: { show: false },
        ticks: { stroke: paint.grid, size: 4 },
        size: 40 * scale,
        gap: 5,
        splits: u =>
          axisStarts(u.data[0] ?? [], latest.current.bucketS, u.bbox.width / devicePixelRatio, LABEL_SPACE * scale),
        values: (_u, splits) => axisLabels(splits, latest.current.bucketS),
      },
      {
        stroke: paint.text,
        font: fontOf(type),
        grid: { stroke: paint.grid, width: 1 },
        ticks: { show: false },
        size: (_u, values) => Math.max(AXIS_WIDTH, Math.max(...(values ?? []).map(v => v.length)) * DIGIT + 14) * scale,
        gap: 6,
        space: 44,
        values: (_u, ticks) => ticks.map(tick => latest.current.axis(tick)),
      },
    ],
    series: seriesOf(latest.current, paint),
    bands: bandsOf(latest.current, paint),
    hooks: {
      drawClear: [u => latest.current.open && drawOpen(u, paint)],
      draw: [
        u => {
          drawMarks(u, latest.current.annotations, paint)
          if (named) drawLabels(u, endLabels(u, latest.current, paint), paint, room, type)
        },
      ],
      setCursor: [
        u => {
          const { idx, left } = u.cursor
          latest.current.onHover(left !== undefined && left >= 0 && idx !== null && idx !== undefined ? idx : null)
        },
      ],
    },
  }
}

/** The series whose line is nearest to the pointer. */
function nearest(u: uPlot, idx: number, count: number): number {
  const y = u.posToVal(u.cursor.top ?? 0, 'y')
  let best = 0
  for (let i = 1; i <= count; i += 1) {
    const away = (n: number) => Math.abs(((u.data[n]?.[idx] as number | null) ?? Number.POSITIVE_INFINITY) - y)
    if (away(i) < away(best + 1)) best = i - 1
  }
  return best
}

/** Lines, or areas that add up, over event time from zero; the period before is a dashed, lighter line. */
export function Lines(props: LinesProps) {
  const host = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const theme = useShownTheme()
  const bucketS = props.times.length > 1 ? ((props.times[1] ?? 0) - (props.times[0] ?? 0)) / 1000 : 86_400
  const longest = Math.max(...props.series.map(s => s.label.length), 0)
  const alone = props.named ? longest + 8 : props.open ? 14 : 7
  const size = (props.series.length === 1 ? Math.max(props.beforeLabel.length, alone) : longest) * 6.6 + 14
  const latest = useRef<Latest>({ ...props, bucketS, size })
  latest.current = { ...props, bucketS, size }
  const { times, series, stacked } = props
  const data = useMemo(() => alignedOf({ times, series, stacked } as LinesProps), [times, series, stacked])
  const newest = useRef(data)
  newest.current = data
  const shape = `${props.series.map(s => s.key).join('|')}${stacked ? ' stacked' : ''}`

  // biome-ignore lint/correctness/useExhaustiveDependencies: the names of the series and the theme make another plot; data has an effect of its own
  useEffect(() => {
    const element = host.current
    if (!element) return
    let made: uPlot | null = null
    const build = (width: number, height: number) => {
      const type = element.closest('.tv') ? WALL_TYPE : TYPE
      made = new uPlot(optionsOf(latest, paintFor(theme, element), { width, height, type }), newest.current, element)
      plot.current = made
    }
    const observer = new ResizeObserver(entries => {
      const box = entries[0]?.contentRect
      const [width, height] = [Math.floor(box?.width ?? 0), Math.floor(box?.height ?? 0)]
      if (width < 40 || height < 40) return
      if (made && made.width >= LABELS_FROM === width >= LABELS_FROM) made.setSize({ width, height })
      else {
        made?.destroy()
        build(width, height)
      }
    })
    observer.observe(element)
    return () => {
      observer.disconnect()
      made?.destroy()
      plot.current = null
    }
  }, [shape, theme])

  useEffect(() => plot.current?.setData(data), [data])
  // biome-ignore lint/correctness/useExhaustiveDependencies: marks are drawn over the same data
  useEffect(() => plot.current?.redraw(false), [props.annotations])

  const click = () => {
    const u = plot.current
    const idx = u?.cursor.idx
    if (u && idx !== null && idx !== undefined) props.onPick?.(idx, nearest(u, idx, props.series.length))
  }
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: every number can be opened by keyboard in the table view
    <div
      ref={host}
      className={`lines${props.onPick ? ' opens' : ''}`}
      role="img"
      aria-label={props.label}
      onClick={click}
    />
  )
}
