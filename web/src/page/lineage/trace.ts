// Which nodes, columns and edges of the graph belong to what was chosen.
import type { Impact, ImpactThing, LineageEdge, LineageKind, LineageNode } from '../../api/lineage.ts'

/** Kinds in the order of the data's path, as headings name them. */
export const KINDS: readonly { kind: LineageKind; one: string; many: string }[] = [
  { kind: 'source', one: 'source', many: 'sources' },
  { kind: 'topic', one: 'topic', many: 'topics' },
  { kind: 'pass', one: 'pass', many: 'passes' },
  { kind: 'rules', one: 'set of rules', many: 'sets of rules' },
  { kind: 'contract', one: 'contract', many: 'contracts' },
  { kind: 'job', one: 'job', many: 'jobs' },
  { kind: 'table', one: 'table', many: 'tables' },
  { kind: 'feed', one: 'feed', many: 'feeds' },
  { kind: 'metric', one: 'metric', many: 'metrics' },
  { kind: 'query', one: 'query', many: 'queries' },
  { kind: 'dashboard', one: 'dashboard', many: 'dashboards' },
  { kind: 'sink', one: 'sink', many: 'sinks' },
]

/** NODE or NODE/COLUMN. A column may contain a slash, a node does not. */
export function split(ref: string): { node: string; column: string } {
  const cut = ref.indexOf('/')
  return cut < 0 ? { node: ref, column: '' } : { node: ref.slice(0, cut), column: ref.slice(cut + 1) }
}

/** What is highlighted. */
export interface Lit {
  nodes: Set<string>
  /** Columns by node. */
  columns: Map<string, Set<string>>
  /** Edges between nodes, as FROM→TO. */
  pairs: Set<string>
}

export const pair = (from: string, to: string) => `${from}→${to}`

/** Highlights what edges between columns pass through. Contracts and rules lead to the pass and read its fields, so that a way to them lights the line in either direction. */
export function litBy(edges: readonly LineageEdge[], start: string): Lit {
  const lit: Lit = { nodes: new Set(), columns: new Map(), pairs: new Set() }
  const reach = (ref: string): string => {
    const { node, column } = split(ref)
    lit.nodes.add(node)
    if (column !== '') {
      const known = lit.columns.get(node) ?? new Set()
      lit.columns.set(node, known.add(column))
    }
    return node
  }
  const join = (from: string, to: string) => {
    lit.pairs.add(pair(from, to))
    if (/^(contract|rules):/.test(to)) lit.pairs.add(pair(to, from))
  }
  if (start !== '') reach(start)
  for (const edge of edges) {
    const from = reach(edge.from)
    const to = reach(edge.to)
    if (edge.via) {
      lit.nodes.add(edge.via)
      join(from, edge.via)
      join(edge.via, to)
    } else join(from, to)
  }
  return lit
}

/** The nodes whose name, or the name of a column, contains the text. */
export function matching(nodes: readonly LineageNode[], text: string): LineageNode[] {
  const q = text.trim().toLowerCase()
  if (q === '') return [...nodes]
  return nodes.filter(
    node => node.name.toLowerCase().includes(q) || node.columns.some(column => column.name.toLowerCase().includes(q)),
  )
}

/** The nodes and everything on the ways to and from them. */
export function connected(ids: readonly string[], edges: readonly LineageEdge[]): Set<string> {
  const found = new Set(ids)
  for (const ends of [(e: LineageEdge) => [e.from, e.to], (e: LineageEdge) => [e.to, e.from]]) {
    const seen = new Set(ids)
    const queue = [...ids]
    for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
      for (const edge of edges) {
        const [near, far] = ends(edge)
        if (near !== at || far === undefined || seen.has(far)) continue
        seen.add(far)
        found.add(far)
        queue.push(far)
      }
    }
  }
  return found
}

export interface Group<T> {
  kind: LineageKind
  title: string
  members: T[]
}

/** Members by kind, in the order of the data's path. */
export function byKind<T extends { kind: string }>(all: readonly T[]): Group<T>[] {
  return KINDS.map(({ kind, one, many }) => {
    const members = all.filter(each => each.kind === kind)
    return { kind, title: `${members.length} ${members.length === 1 ? one : many}`, members }
  }).filter(group => group.members.length > 0)
}

/** What upstream edges lead to, in the shape of an impact: the nodes, and which of their columns. */
export function origins(nodes: readonly LineageNode[], lit: Lit, start: string): Pick<ImpactThing, Shown>[] {
  return nodes
    .filter(node => node.id !== split(start).node && lit.nodes.has(node.id))
    .map(node => ({ id: node.id, kind: node.kind, name: node.name, columns: [...(lit.columns.get(node.id) ?? [])] }))
}

type Shown = 'id' | 'kind' | 'name' | 'columns'

/** "12 things: 3 tables, 2 jobs." */
export function sumOf(impact: Impact): string {
  const total = impact.things.length
  if (total === 0) return 'A change touches nothing else.'
  const parts = byKind(impact.things).map(group => group.title)
  return `A change touches ${total} ${total === 1 ? 'thing' : 'things'}: ${parts.join(', ')}.`
}
