// Questions about where data come from and where they go.
import { get } from './client.ts'
import type { components } from './schema.d.ts'

type Schemas = components['schemas']

export type Lineage = Schemas['LineageAnswer']
export type LineageNode = Schemas['LineageNode']
export type LineageEdge = Schemas['LineageEdge']
export type LineageColumn = Schemas['LineageColumn']
export type LineageBadge = Schemas['LineageBadge']
export type LineageKind = LineageNode['kind']
export type Impact = Schemas['ImpactAnswer']
export type ImpactThing = Schemas['ImpactThing']
export type LineagePath = Schemas['PathAnswer']

const LINEAGE = '/api/v1/lineage'

export const lineage = {
  graph: (signal?: AbortSignal) => get<Lineage>(LINEAGE, {}, signal),
  /** What the columns of a dataset, or one column, come from (up) or lead to (down). */
  trace: (focus: string, direction: 'up' | 'down', signal?: AbortSignal) =>
    get<Lineage>(LINEAGE, { level: 'column', focus, direction }, signal),
  impact: (column: string, signal?: AbortSignal) => get<Impact>(`${LINEAGE}/impact`, { column }, signal),
  path: (from: string, to: string, signal?: AbortSignal) => get<LineagePath>(`${LINEAGE}/path`, { from, to }, signal),
}
