// Questions about the lake: its tables, where events rest, and what it was.
import { get, post } from './client.ts'
import type { components } from './schema.d.ts'
import type { SqlAnswer } from './types.ts'

type Schemas = components['schemas']

export type Lake = Schemas['LakeAnswer']
export type LakeTable = Schemas['LakeTable']
export type LakeDetail = Schemas['LakeTableAnswer']
export type LakeFile = Schemas['LakeFile']
export type LakeSnapshot = Schemas['LakeSnapshot']
export type LakeTiers = Schemas['LakeTiers']
export type LakeWork = Schemas['LakeWork']
export type LakePolicy = Schemas['LakePolicy']

const LAKE = '/api/v1/lake'

/** A version of the lake as an address has it: snapshot:ID, ref:NAME, or a time. */
export type Version = string

/** What the API calls the version. */
export function versionOf(text: Version): { snapshot?: string; ref?: string; at?: string } {
  const cut = text.indexOf(':')
  const [kind, name] = [text.slice(0, cut), text.slice(cut + 1)]
  if (kind === 'snapshot') return { snapshot: name }
  if (kind === 'ref') return { ref: name }
  return { at: text }
}

export const lake = {
  list: (signal?: AbortSignal) => get<Lake>(LAKE, {}, signal),
  tiers: (signal?: AbortSignal) => get<LakeTiers>(`${LAKE}/tiers`, {}, signal),
  table: (name: string, signal?: AbortSignal) =>
    get<LakeDetail>(`${LAKE}/tables/${encodeURIComponent(name)}`, {}, signal),
  /** The answer to a query over the tables as they were. */
  sql: async (query: string, at: Version, signal?: AbortSignal): Promise<SqlAnswer> => {
    const start = performance.now()
    const answer = await post<Schemas['LakeRows']>(`${LAKE}/sql`, { query, ...versionOf(at) }, signal)
    const rows = answer.rows as unknown[][]
    return { ...answer, rows, row_count: rows.length, elapsed_ms: performance.now() - start }
  },
}
