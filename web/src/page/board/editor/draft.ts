// Changes of a dashboard's definition. Pure: each returns a new definition.
import type { BoardDefinition, BoardRow, ChartKind, ChartSpec } from '../../../api/boards.ts'
import { COLUMNS, widthOf } from '../shape.ts'

export interface Spot {
  row: number
  at: number
}

export function spotOf(definition: BoardDefinition, id: string): Spot | null {
  for (const [row, { charts }] of definition.rows.entries()) {
    const at = charts.findIndex(chart => chart.id === id)
    if (at >= 0) return { row, at }
  }
  return null
}

export function chartOf(definition: BoardDefinition, id: string): ChartSpec | undefined {
  const spot = spotOf(definition, id)
  return spot ? definition.rows[spot.row]?.charts[spot.at] : undefined
}

const filled = (rows: BoardRow[]) => rows.filter(row => row.charts.length > 0)
const copied = (definition: BoardDefinition) => definition.rows.map(row => ({ ...row, charts: [...row.charts] }))

/** An id that no chart has yet: revenue, revenue-2. */
export function freeId(definition: BoardDefinition, wanted: string): string {
  const taken = new Set(definition.rows.flatMap(row => row.charts.map(chart => chart.id)))
  if (!taken.has(wanted)) return wanted
  let n = 2
  while (taken.has(`${wanted}-${n}`)) n += 1
  return `${wanted}-${n}`
}

const MOST_IN_ROW = 12

/** In the last row, or in a new one where that is full. */
export function added(
  definition: BoardDefinition,
  kind: ChartKind,
  metrics: string[],
): { definition: BoardDefinition; id: string } {
  const id = freeId(definition, metrics[0] ?? kind)
  const timed = kind === 'number' || kind === 'line' || kind === 'area'
  const chart: ChartSpec = {
    id,
    kind,
    ...(kind === 'text' ? { text: 'What a reader should know.' } : { metrics }),
    ...(timed ? { grain: 'auto' } : {}),
  }
  const rows = copied(definition)
  const last = rows.at(-1)
  const used = (last?.charts ?? []).reduce((sum, each) => sum + widthOf(each, last?.charts.length), 0)
  if (last && used + widthOf(chart) <= COLUMNS && last.charts.length < MOST_IN_ROW) last.charts.push(chart)
  else rows.push({ charts: [chart] })
  return { definition: { ...definition, rows }, id }
}

export function removed(definition: BoardDefinition, id: string): BoardDefinition {
  return {
    ...definition,
    rows: filled(copied(definition).map(row => ({ ...row, charts: row.charts.filter(c => c.id !== id) }))),
  }
}

export function changed(definition: BoardDefinition, id: string, change: Partial<ChartSpec>): BoardDefinition {
  const merge = (chart: ChartSpec): ChartSpec => {
    const next = Object.entries({ ...chart, ...change }).filter(([, value]) => value !== undefined && value !== '')
    return Object.fromEntries(next) as unknown as ChartSpec
  }
  const rows = copied(definition).map(row => ({ ...row, charts: row.charts.map(c => (c.id === id ? merge(c) : c)) }))
  return { ...definition, rows }
}

/** Before the chart at the spot; a row past the end is a new one. */
export function moved(definition: BoardDefinition, id: string, to: Spot): BoardDefinition {
  const from = spotOf(definition, id)
  const chart = chartOf(definition, id)
  if (!from || !chart || to.row < 0 || to.at < 0) return definition
  const rows = copied(definition)
  rows[from.row]?.charts.splice(from.at, 1)
  const at = to.row === from.row && to.at > from.at ? to.at - 1 : to.at
  const target = rows[to.row]
  if (target) target.charts.splice(Math.min(at, target.charts.length), 0, chart)
  else rows.push({ charts: [chart] })
  return { ...definition, rows: filled(rows) }
}

/** One step by an arrow key: within the row, or to the row above or below. */
export function stepped(definition: BoardDefinition, id: string, key: string): BoardDefinition {
  const from = spotOf(definition, id)
  if (!from) return definition
  const size = definition.rows[from.row]?.charts.length ?? 0
  if (key === 'ArrowLeft') return from.at === 0 ? definition : moved(definition, id, { row: from.row, at: from.at - 1 })
  if (key === 'ArrowRight')
    return from.at + 1 >= size ? definition : moved(definition, id, { row: from.row, at: from.at + 2 })
  if (key === 'ArrowUp') return from.row === 0 ? definition : moved(definition, id, { row: from.row - 1, at: from.at })
  if (key !== 'ArrowDown' || (size === 1 && from.row + 1 === definition.rows.length)) return definition
  return moved(definition, id, { row: from.row + 1, at: from.at })
}

export function resized(definition: BoardDefinition, id: string, columns: number): BoardDefinition {
  return changed(definition, id, { width: Math.min(Math.max(Math.round(columns), 2), COLUMNS) })
}
