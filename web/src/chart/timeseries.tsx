import { useEffect, useMemo, useRef, useState } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { useShownTheme } from '../state/theme.ts'
import { axisLabels, axisStarts } from './axis.ts'
import { faded, tokenColor } from './color.ts'

export interface TimeSeriesProps {
  /** Bucket starts in milliseconds, ascending, without gaps. */
  times: readonly number[]
  values: readonly (number | null)[]
  /** The same number of buckets of the period before, drawn as a thin line behind. */
  before?: readonly (number | null)[] | null
  beforeLabel?: string
  bucketMs: number
  /** Index from which buckets are not complete yet. */
  openFrom: number
  height: number
  format: (value: number) => string
  label: string
  onHover: (index: number | null) => void
  onZoom: (fromMs: number, toMs: number) => void
}

/** Above this many buckets a bar would be thinner than its gap, and a line says more. */
const BARS_UP_TO = 200

interface Paint {
  accent: string
  bar: string
  fill: string
  open: string
  ghost: string
  grid: string
  text: string
  surface: string
}

function paintOf(at: HTMLElement): Paint {
  const accent = tokenColor('--accent', at)
  return {
    accent,
    bar: tokenColor('--series', at),
    fill: faded(accent, 0.12),
    open: faded(tokenColor('--series', at), 0.45),
    ghost: tokenColor('--ghost', at),
    grid: tokenColor('--line', at),
    text: tokenColor('--text-3', at),
    surface: tokenColor('--surface', at),
  }
}

/** A label whose middle is nearer to the end of the axis than this many pixels would be cut. */
const EDGE = 22
/** The least room for a label of the time axis, in pixels. */
const LABEL = 66
/** Thinner than this many pixels, ticks across bars are noise. */
const THINNEST = 6
const AXIS_FONT = '12px Inter, system-ui, sans-serif'

function drawBars(u: uPlot, paint: Paint, bucketS: number, openFrom: number): void {
  const [xs, ys] = [u.data[0], u.data[1]]
  if (!ys) return
  const ratio = devicePixelRatio
  const zero = u.valToPos(0, 'y', true)
  const { ctx } = u
  for (let i = 0; i < xs.length; i += 1) {
    const value = ys[i]
    if (value === null || value === undefined || value === 0) continue
    const left = u.valToPos(xs[i] as number, 'x', true)
    const right = u.valToPos((xs[i] as number) + bucketS, 'x', true)
    const gap = Math.min(Math.max((right - left) * 0.22, ratio), 10 * ratio)
    const width = Math.max(right - left - gap, ratio)
    const top = u.valToPos(value, 'y', true)
    const hovered = u.cursor.idx === i
    ctx.fillStyle = hovered ? paint.accent : i >= openFrom ? paint.open : paint.bar
    ctx.fillRect(left + gap / 2, Math.min(top, zero), width, Math.max(Math.abs(zero - top), ratio))
  }
}

/** The period before: a tick across each bar, or a thin line where the values are a line. */
function drawGhost(u: uPlot, paint: Paint, bucketS: number, label: string, bars: boolean): void {
  const [xs, , ghost] = u.data
  if (!ghost) return
  const ratio = devicePixelRatio
  const { ctx } = u
  if (bars && u.bbox.width / xs.length < THINNEST * ratio) return
  ctx.save()
  ctx.beginPath()
  ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height)
  ctx.clip()
  const path = new Path2D()
  let drawn = false
  let peak = -1
  for (let i = 0; i < xs.length; i += 1) {
    const value = ghost[i]
    if (value === null || value === undefined || (bars && value === 0)) continue
    if (peak < 0 || value > (ghost[peak] ?? 0)) peak = i
    const y = Math.round(u.valToPos(value, 'y', true))
    const left = u.valToPos(xs[i] as number, 'x', true)
    const right = u.valToPos((xs[i] as number) + bucketS, 'x', true)
    const middle = (left + right) / 2
    if (bars) {
      const reach = Math.max((right - left) * 0.46, 2 * ratio)
      path.moveTo(middle - reach, y)
      path.lineTo(middle + reach, y)
    } else if (drawn) path.lineTo(middle, y)
    else path.moveTo(middle, y)
    drawn = true
  }
  if (bars) {
    ctx.lineWidth = 3.5 * ratio
    ctx.strokeStyle = paint.surface
    ctx.stroke(path)
  }
  ctx.lineWidth = 1.5 * ratio
  ctx.strokeStyle = bars ? paint.text : paint.ghost
  ctx.stroke(path)
  if (peak >= 0) labelGhost(u, paint, bucketS, label, peak)
  ctx.restore()
}

/** The line's name, written at its highest point rather than in a legend. */
function labelGhost(u: uPlot, paint: Paint, bucketS: number, label: string, peak: number): void {
  const { ctx } = u
  const ratio = devicePixelRatio
  ctx.font = `${12 * ratio}px Inter, system-ui, sans-serif`
  const width = ctx.measureText(label).width
  const middle = u.valToPos((u.data[0][peak] as number) + bucketS / 2, 'x', true)
  const x = Math.min(Math.max(middle - width / 2, u.bbox.left + 4), u.bbox.left + u.bbox.width - width - 4)
  const y = Math.max(u.valToPos((u.data[2]?.[peak] as number) ?? 0, 'y', true) - 7 * ratio, u.bbox.top + 12 * ratio)
  ctx.lineWidth = 4 * ratio
  ctx.strokeStyle = paint.surface
  ctx.lineJoin = 'round'
  ctx.strokeText(label, x, y)
  ctx.fillStyle = paint.text
  ctx.fillText(label, x, y)
}

/** The index of the bucket that holds x: the last one that starts at or before it. */
function bucketAt(starts: ArrayLike<number>, x: number): number {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((starts[middle] as number) <= x) low = middle
    else high = middle - 1
  }
  return low
}

type Latest = Pick<TimeSeriesProps, 'bucketMs' | 'openFrom' | 'format' | 'onHover' | 'onZoom' | 'beforeLabel'>

function optionsOf(
  latest: { current: Latest },
  paint: Paint,
  bars: boolean,
  width: number,
  height: number,
): uPlot.Options {
  const bucketS = () => latest.current.bucketMs / 1000
  const line = bars
    ? { paths: () => null, points: { show: false } }
    : { stroke: paint.accent, fill: paint.fill, width: 1.5 }
  return {
    width,
    height,
    padding: [12, 0, 0, 0],
    legend: { show: false },
    tzDate: seconds => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    scales: {
      x: { time: true, range: (_u, min, max) => [min, max + bucketS()] },
      y: { range: (_u, min, max) => [Math.min(0, min ?? 0), max > 0 ? max * 1.06 : 1] },
    },
    cursor: {
      y: false,
      points: { show: !bars, size: 7, fill: paint.accent },
      drag: { x: true, y: false, setScale: false, dist: 6 },
      sync: { key: 'page' },
      dataIdx: (u, _series, closest, x) => (x === null ? closest : bucketAt(u.data[0], x)),
    },
    axes: [
      {
        stroke: paint.text,
        font: AXIS_FONT,
        grid: { show: false },
        ticks: { stroke: paint.grid, size: 4 },
        size: 44,
        gap: 6,
        splits: u => {
          const shown = axisStarts(u.data[0], bucketS(), u.bbox.width / devicePixelRatio, LABEL)
          const end = u.scales.x?.max ?? Number.POSITIVE_INFINITY
          const reach = (EDGE * (end - (u.scales.x?.min ?? 0))) / (u.bbox.width / devicePixelRatio)
          return shown.map(start => start + bucketS() / 2).filter(middle => middle + reach <= end)
        },
        values: (_u, splits) =>
          axisLabels(
            splits.map(split => split - bucketS() / 2),
            bucketS(),
          ),
      },
      {
        stroke: paint.text,
        font: AXIS_FONT,
        grid: { stroke: paint.grid, width: 1 },
        ticks: { show: false },
        size: 62,
        gap: 8,
        space: 44,
        values: (_u, ticks) => ticks.map(tick => latest.current.format(tick)),
      },
    ],
    series: [{}, { scale: 'y', ...line }, { scale: 'y', paths: () => null, points: { show: false } }],
    hooks: {
      draw: [
        u => {
          if (bars) drawBars(u, paint, bucketS(), latest.current.openFrom)
          drawGhost(u, paint, bucketS(), latest.current.beforeLabel ?? '', bars)
        },
      ],
      setCursor: [
        u => {
          const { left } = u.cursor
          const inside = left !== undefined && left >= 0 && u.data[0].length > 0
          latest.current.onHover(inside ? bucketAt(u.data[0], u.posToVal(left, 'x')) : null)
        },
      ],
      setSelect: [
        u => {
          if (u.select.width < 6) return
          const from = u.posToVal(u.select.left, 'x') * 1000
          const to = u.posToVal(u.select.left + u.select.width, 'x') * 1000
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
          latest.current.onZoom(from, to)
        },
      ],
    },
  }
}

/** Bars (or a line, where there are many buckets) over event time, from a zero baseline. Drag to zoom. */
export function TimeSeries(props: TimeSeriesProps) {
  const host = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const latest = useRef<Latest>(props)
  latest.current = props
  const theme = useShownTheme()
  const [width, setWidth] = useState(0)
  const bars = props.times.length <= BARS_UP_TO
  const { times, values, before } = props
  const data = useMemo<uPlot.AlignedData>(
    () => [times.map(t => t / 1000), [...values], times.map((_, i) => before?.[i] ?? null)],
    [times, values, before],
  )
  const newest = useRef(data)
  newest.current = data

  useEffect(() => {
    const element = host.current
    if (!element) return
    const observer = new ResizeObserver(entries => setWidth(Math.floor(entries[0]?.contentRect.width ?? 0)))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])

  const ready = width > 0
  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme changes the colours; width and data have effects of their own
  useEffect(() => {
    if (!host.current || !ready) return
    const paint = paintOf(host.current)
    const made = new uPlot(optionsOf(latest, paint, bars, width, props.height), newest.current, host.current)
    plot.current = made
    void document.fonts.ready.then(() => made.redraw(false, true))
    return () => {
      made.destroy()
      plot.current = null
    }
  }, [ready, bars, theme, props.height])

  useEffect(() => plot.current?.setData(data), [data])
  useEffect(() => {
    if (width > 0) plot.current?.setSize({ width, height: props.height })
  }, [width, props.height])

  return <div ref={host} className="timeseries" role="img" aria-label={props.label} style={{ height: props.height }} />
}
