// Saved queries, their schedules, and what took long.
import { type ExportFormat, exportTypes, get, post, send, withQuery } from './client.ts'
import type { SqlAnswer } from './types.ts'

export type ParameterType = 'text' | 'integer' | 'decimal' | 'boolean' | 'date' | 'timestamp'

export interface Parameter {
  name: string
  type: ParameterType
  title?: string
  default?: string
  optional?: boolean
  options?: string[] | null
}

export interface Schedule {
  cron: string
  zone?: string
  when?: 'always' | 'rows' | 'changed'
  to: string[]
  format?: 'table' | 'csv'
  arguments?: Record<string, string>
  paused?: boolean
}

export interface QueryDefinition {
  version: 1
  id: string
  title: string
  description?: string
  owner?: string
  sql: string
  parameters?: Parameter[] | null
  schedule?: Schedule
}

export interface QueryRun {
  due: string
  started: string
  elapsed_ms: number
  outcome: 'sent' | 'empty' | 'unchanged' | 'failed'
  error?: string
  rows: number
  missed?: number
  by?: string
}

export interface QueryHead {
  id: string
  title: string
  description?: string
  owner?: string
  origin: 'file' | 'saved'
  schedule?: string
  zone?: string
  next?: string
  last_run?: QueryRun
}

export interface SavedQuery {
  definition: QueryDefinition
  origin: 'file' | 'saved'
  version: string
  number?: number
  by?: string
  at?: string
}

export interface SlowQuery {
  at: string
  user: string
  sql: string
  elapsed_ms: number
  rows: number
  error?: string
}

const QUERIES = '/api/v1/queries'
const one = (id: string) => `${QUERIES}/${encodeURIComponent(id)}`

function run(id: string, args: Record<string, string>, accept: string, signal?: AbortSignal): Promise<Response> {
  return send(`${one(id)}/run`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept },
    body: JSON.stringify({ arguments: args }),
    ...(signal ? { signal } : {}),
  })
}

export const queries = {
  list: (signal?: AbortSignal) => get<{ queries: QueryHead[]; targets: string[] }>(QUERIES, {}, signal),
  get: (id: string, signal?: AbortSignal) => get<SavedQuery>(one(id), {}, signal),
  runs: (id: string, signal?: AbortSignal) => get<{ runs: QueryRun[]; next?: string }>(`${one(id)}/runs`, {}, signal),
  versions: (id: string, signal?: AbortSignal) => get<{ versions: SavedQuery[] }>(`${one(id)}/versions`, {}, signal),
  save: async (definition: QueryDefinition, ifVersion: string | undefined): Promise<SavedQuery> => {
    const response = await send(one(definition.id), {
      method: 'PUT',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ definition, by: 'console', ...(ifVersion ? { if_version: ifVersion } : {}) }),
    })
    return (await response.json()) as SavedQuery
  },
  remove: (id: string) => send(withQuery(one(id), { by: 'console' }), { method: 'DELETE' }).then(() => undefined),
  send: (id: string) => post<QueryRun>(`${one(id)}/send`, { by: 'console' }),
  run: async (id: string, args: Record<string, string>, signal?: AbortSignal): Promise<SqlAnswer> =>
    (await run(id, args, exportTypes.json, signal)).json() as Promise<SqlAnswer>,
  export: async (id: string, args: Record<string, string>, format: ExportFormat): Promise<Blob> =>
    (await run(id, args, exportTypes[format])).blob(),
  slow: (signal?: AbortSignal) => get<{ queries: SlowQuery[] }>('/api/v1/sql/slow', {}, signal),
}

/** The names behind $ in a statement, but those in texts and comments. */
export function parametersOf(sql: string): string[] {
  const bare = sql.replaceAll(/'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\//g, ' ')
  return [...new Set([...bare.matchAll(/\$([a-z][a-z0-9_]*)/g)].map(match => match[1] ?? ''))]
}
