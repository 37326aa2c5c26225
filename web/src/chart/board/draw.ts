// What is drawn over a plot: names at the ends of lines, and marks of what happened.
import type uPlot from 'uplot'
import type { Annotation } from '../../api/boards.ts'
import type { Paint } from './palette.ts'

export interface EndLabel {
  text: string
  /** In device pixels. */
  y: number
  color: string
  strong: boolean
}

/** Of type in a plot, in pixels; a screen on the wall is read from afar. */
export const TYPE = 12
export const WALL_TYPE = 16

export const fontOf = (size: number, weight = 400) => `${weight} ${size}px Inter, system-ui, sans-serif`

const LINE = 14

/** Moves labels apart, keeping their order and staying between top and bottom. */
export function spread(labels: EndLabel[], top: number, bottom: number, line: number): EndLabel[] {
  const sorted = [...labels].sort((a, b) => a.y - b.y)
  let floor = top + line / 2
  for (const label of sorted) {
    label.y = Math.max(label.y, floor)
    floor = label.y + line
  }
  let ceiling = bottom
  for (const label of sorted.reverse()) {
    label.y = Math.min(label.y, ceiling)
    ceiling = label.y - line
  }
  return sorted
}

export function clipped(text: string, width: number, measure: (text: string) => number): string {
  if (measure(text) <= width) return text
  let end = text.length - 1
  while (end > 1 && measure(`${text.slice(0, end)}…`) > width) end -= 1
  return `${text.slice(0, end)}…`
}

export function drawLabels(u: uPlot, labels: EndLabel[], paint: Paint, room: number, type: number): void {
  const { ctx } = u
  const ratio = devicePixelRatio
  const line = (LINE * type * ratio) / TYPE
  const x = u.bbox.left + u.bbox.width + 8 * ratio
  ctx.save()
  ctx.textBaseline = 'middle'
  ctx.textAlign = 'left'
  for (const label of spread(labels, u.bbox.top - 6 * ratio, u.bbox.top + u.bbox.height, line)) {
    ctx.font = fontOf(type * ratio, label.strong ? 500 : 400)
    ctx.fillStyle = label.strong ? paint.strong : paint.text
    const text = clipped(label.text, (room - 10) * ratio, t => ctx.measureText(t).width)
    ctx.fillText(text, x, label.y)
    if (!label.strong) continue
    ctx.fillStyle = label.color
    ctx.fillRect(u.bbox.left + u.bbox.width + 2 * ratio, label.y - 5 * ratio, 3 * ratio, 10 * ratio)
  }
  ctx.restore()
}

/** Each kind has a shape of its own: a square, a circle, a triangle, a diamond. */
function shapeOf(kind: Annotation['kind'], x: number, y: number, r: number): Path2D {
  const path = new Path2D()
  if (kind === 'campaign') path.arc(x, y, r, 0, 2 * Math.PI)
  else if (kind === 'deploy') path.rect(x - r, y - r, 2 * r, 2 * r)
  else if (kind === 'incident') {
    path.moveTo(x, y - r)
    path.lineTo(x + r, y + r)
    path.lineTo(x - r, y + r)
  } else {
    path.moveTo(x, y - r)
    path.lineTo(x + r, y)
    path.lineTo(x, y + r)
    path.lineTo(x - r, y)
  }
  path.closePath()
  return path
}

/** The ground of a last bucket that has not ended: its line falls because time is left. */
export function drawOpen(u: uPlot, paint: Paint): void {
  const times = u.data[0]
  const [from, to] = [times?.at(-2), times?.at(-1)]
  if (from === undefined || to === undefined) return
  const left = u.valToPos(from, 'x', true)
  u.ctx.save()
  u.ctx.globalAlpha = 0.55
  u.ctx.fillStyle = paint.grid
  u.ctx.fillRect(left, u.bbox.top, u.valToPos(to, 'x', true) - left, u.bbox.height)
  u.ctx.restore()
}

export function drawMarks(u: uPlot, annotations: readonly Annotation[], paint: Paint): void {
  const { ctx } = u
  const ratio = devicePixelRatio
  const { min, max } = u.scales['x'] ?? {}
  if (min === undefined || max === undefined) return
  ctx.save()
  for (const note of annotations) {
    const from = Date.parse(note.time) / 1000
    const to = note.end ? Date.parse(note.end) / 1000 : from
    if (to < min || from > max) continue
    const x = u.valToPos(Math.max(from, min), 'x', true)
    ctx.fillStyle = paint[note.kind]
    ctx.strokeStyle = paint[note.kind]
    if (to > from) {
      ctx.globalAlpha = 0.1
      ctx.fillRect(x, u.bbox.top, u.valToPos(Math.min(to, max), 'x', true) - x, u.bbox.height)
      ctx.globalAlpha = 1
    }
    ctx.lineWidth = ratio
    ctx.setLineDash([2 * ratio, 3 * ratio])
    ctx.beginPath()
    ctx.moveTo(x, u.bbox.top)
    ctx.lineTo(x, u.bbox.top + u.bbox.height)
    ctx.stroke()
    ctx.setLineDash([])
    ctx.fill(shapeOf(note.kind, x, u.bbox.top - 5 * ratio, 3.5 * ratio))
  }
  ctx.restore()
}
