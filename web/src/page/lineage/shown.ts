// What of the graph is shown: which nodes, and which of their columns.
import type { LineageColumn, LineageEdge, LineageKind, LineageNode } from '../../api/lineage.ts'
import { HEAD, ROW } from './layout.ts'
import type { Lit } from './trace.ts'
import { pair, split } from './trace.ts'

/** Contracts and metrics are many and alike: more of them than this are one box until it is opened. */
const FOLD = 6
const FOLDED = ':*'
const FOLDING: readonly { kind: LineageKind; many: string; whenLit: boolean }[] = [
  { kind: 'contract', many: 'contracts', whenLit: false },
  { kind: 'metric', many: 'metrics', whenLit: true },
]

export const isFolded = (id: string) => id.endsWith(FOLDED)

const MOST = 20
const MOST_FOUND = 4
const PADDING = 6

export interface Choice {
  pick: string
  q: string
  /** Ids of nodes whose columns are shown; with a star behind, all of them. */
  open: ReadonlySet<string>
  lit: Lit | null
}

export interface Columns {
  shown: LineageColumn[]
  /** How many more there are. */
  rest: number
}

/** The columns that a node shows: when it is open, those that matter to the selection, or all; else those that the filter or the selection names. */
export function columnsOf(node: LineageNode, { pick, q, open, lit }: Choice): Columns {
  const chosen = split(pick)
  if (open.has(`${node.id}*`)) return { shown: node.columns, rest: 0 }
  if (open.has(node.id)) {
    const known = chosen.node === node.id ? undefined : lit?.columns.get(node.id)
    const all = known ? node.columns.filter(column => known.has(column.name)) : node.columns
    const shown = all.slice(0, MOST)
    return { shown, rest: node.columns.length - shown.length }
  }
  const text = q.trim().toLowerCase()
  const found = (name: string) =>
    (chosen.node === node.id && chosen.column === name) || (text !== '' && name.toLowerCase().includes(text))
  return { shown: node.columns.filter(column => found(column.name)).slice(0, MOST_FOUND), rest: 0 }
}

export function heightOf(columns: Columns): number {
  const rows = columns.shown.length + (columns.rest > 0 ? 1 : 0)
  return HEAD + (rows > 0 ? rows * ROW + PADDING : 0)
}

/** Puts one box in place of contracts, and of metrics, that nobody asks for. */
export function fold(
  nodes: readonly LineageNode[],
  edges: readonly LineageEdge[],
  { q, open, lit, pick }: Choice,
): { nodes: LineageNode[]; edges: LineageEdge[] } {
  const boxOf = new Map<string, string>()
  const boxes: LineageNode[] = []
  for (const { kind, many, whenLit } of FOLDING) {
    const asked = (id: string) => q !== '' || (lit?.nodes.has(id) && (whenLit || split(pick).node === id))
    const hidden = nodes.filter(node => node.kind === kind && !asked(node.id))
    const id = `${kind}${FOLDED}`
    if (hidden.length <= FOLD || open.has(id)) continue
    for (const node of hidden) boxOf.set(node.id, id)
    boxes.push({ id, kind, name: `${hidden.length} ${many}`, columns: [] })
  }
  const known = new Set<string>()
  const joined: LineageEdge[] = []
  for (const edge of edges) {
    const from = boxOf.get(edge.from)
    const to = boxOf.get(edge.to)
    if (!from && !to) {
      joined.push(edge)
      continue
    }
    const next = { from: from ?? edge.from, to: to ?? edge.to }
    const name = pair(next.from, next.to)
    if (!known.has(name)) joined.push(next)
    known.add(name)
  }
  return { nodes: [...nodes.filter(node => !boxOf.has(node.id)), ...boxes], edges: joined }
}
