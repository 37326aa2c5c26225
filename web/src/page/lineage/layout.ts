// Where boxes stand: stages from left to right as data flow, within a stage near what they are joined with.
import type { LineageEdge, LineageKind } from '../../api/lineage.ts'

export const WIDTH = 172
export const HEAD = 48
export const ROW = 24
const GAP_X = 36
const GAP_Y = 8
const TOP = 36
const SWEEPS = 4

const STAGES = [
  'Sources',
  'Log, rules',
  'Pass',
  'Jobs',
  'Tables, feeds',
  'Metrics',
  'Dashboards',
  'Deliveries',
] as const
const OUTPUTS = 4

const STAGE_OF: Record<LineageKind, number> = {
  source: 0,
  topic: 1,
  rules: 1,
  contract: 1,
  pass: 2,
  job: 3,
  table: OUTPUTS,
  feed: OUTPUTS,
  metric: 5,
  query: 5,
  dashboard: 6,
  sink: 7,
}

export interface Shape {
  id: string
  kind: LineageKind
  height: number
}

export interface Box extends Shape {
  x: number
  y: number
  stage: number
}

export interface Layout {
  boxes: Map<string, Box>
  stages: { title: string; x: number }[]
  /** Ids from top to bottom, by stage. */
  order: string[][]
  width: number
  height: number
}

type Neighbours = Map<string, string[]>

function neighbours(edges: readonly LineageEdge[], near: 'from' | 'to'): Neighbours {
  const found: Neighbours = new Map()
  const far = near === 'from' ? 'to' : 'from'
  for (const edge of edges) found.set(edge[near], [...(found.get(edge[near]) ?? []), edge[far]])
  return found
}

function heightOf(stage: readonly Shape[]): number {
  return stage.reduce((sum, shape) => sum + shape.height + GAP_Y, -GAP_Y)
}

/** Puts shapes into stages; a topic that a job writes is an output. Empty stages are left out. */
function staged(shapes: readonly Shape[], before: Neighbours): { title: string; members: Shape[] }[] {
  const all: { title: string; members: Shape[] }[] = STAGES.map(title => ({ title, members: [] }))
  for (const shape of shapes) {
    const written = shape.kind === 'topic' && before.get(shape.id)?.some(id => !id.startsWith('source:'))
    all[written ? OUTPUTS : STAGE_OF[shape.kind]]?.members.push(shape)
  }
  return all.filter(stage => stage.members.length > 0)
}

/** Orders each stage by the mean place of what it is joined with, to and fro, so that few lines cross. */
function untangle(stages: Shape[][], before: Neighbours, after: Neighbours): void {
  const place = new Map<string, number>()
  const stageOf = new Map<string, number>()
  const note = (stage: Shape[]) => {
    for (const [i, shape] of stage.entries()) place.set(shape.id, (i + 0.5) / stage.length)
  }
  for (const [i, stage] of stages.entries()) {
    note(stage)
    for (const shape of stage) stageOf.set(shape.id, i)
  }
  const settle = (at: number, joined: Neighbours) => {
    const keys = new Map<string, number>()
    for (const shape of stages[at] ?? []) {
      const ends = (joined.get(shape.id) ?? []).filter(id => place.has(id))
      // Lines that skip a stage go above it.
      const skips = ends.some(id => Math.abs((stageOf.get(id) ?? at) - at) > 1)
      const mean = ends.reduce((sum, id) => sum + (place.get(id) ?? 0), 0) / ends.length
      keys.set(shape.id, skips ? -1 : ends.length > 0 ? mean : (place.get(shape.id) ?? 0))
    }
    stages[at]?.sort((a, b) => (keys.get(a.id) ?? 0) - (keys.get(b.id) ?? 0))
    note(stages[at] ?? [])
  }
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (let i = 1; i < stages.length; i++) settle(i, before)
    // The outputs of a job stay together, whatever reads them.
    for (let i = stages.length - 2; i >= 0; i--) if (i < OUTPUTS) settle(i, after)
  }
}

export function layOut(shapes: readonly Shape[], edges: readonly LineageEdge[]): Layout {
  const before = neighbours(edges, 'to')
  const after = neighbours(edges, 'from')
  const stages = staged(shapes, before)
  untangle(
    stages.map(stage => stage.members),
    before,
    after,
  )
  const heights = stages.map(stage => heightOf(stage.members))
  const height = Math.max(0, ...heights)
  const boxes = new Map<string, Box>()
  /** Begins a stage beside the first box that it is joined with, within the height of the tallest. */
  const put = (at: number, joined: Neighbours) => {
    const stage = stages[at]?.members ?? []
    const own = heights[at] ?? 0
    const ends = stage.flatMap(shape => joined.get(shape.id) ?? [])
    const first = Math.min(...ends.map(id => boxes.get(id)?.y ?? Number.POSITIVE_INFINITY))
    let y = Math.max(TOP, Math.min(TOP + height - own, Number.isFinite(first) ? first : TOP))
    for (const shape of stage) {
      boxes.set(shape.id, { ...shape, stage: at, x: at * (WIDTH + GAP_X), y })
      y += shape.height + GAP_Y
    }
  }
  const tallest = heights.indexOf(height)
  for (let i = tallest; i >= 0; i--) put(i, after)
  for (let i = tallest + 1; i < stages.length; i++) put(i, before)
  return {
    boxes,
    stages: stages.map((stage, i) => ({ title: stage.title, x: i * (WIDTH + GAP_X) })),
    order: stages.map(stage => stage.members.map(shape => shape.id)),
    width: Math.max(0, stages.length * (WIDTH + GAP_X) - GAP_X),
    height: height + TOP,
  }
}

/** A line from the right side of one box to the left side of another; back where the other stands before it. */
export function curve(x1: number, y1: number, x2: number, y2: number): string {
  const bend = Math.max(GAP_X / 2, Math.min(60, Math.abs(x2 - x1) / 2))
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`
}
