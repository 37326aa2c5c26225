// Dashboards: their definitions, answers, annotations and shares.
import { api, get, post, send, withQuery } from './client.ts'
import type { components } from './schema.d.ts'
import type { MetricCatalogue, MetricsResult, Problem } from './types.ts'

type Schemas = components['schemas']
/** What has a default may be left out of a definition; the generated type is of one that is complete. */
type Defaulted<T, Names extends keyof T> = Omit<T, Names> & Partial<Pick<T, Names>>

export type ChartKind = 'number' | 'line' | 'area' | 'bar' | 'table' | 'funnel' | 'heatmap' | 'text'
export type Compare = 'previous' | 'year' | 'none'

export type Filter = Defaulted<Schemas['BoardFilter'], 'operator'>
export type ChartSpec = Omit<Schemas['BoardChart'], 'kind' | 'filters'> & { kind: ChartKind; filters?: Filter[] }
export type BoardRow = Omit<Schemas['BoardRow'], 'charts'> & { charts: ChartSpec[] }
export type BoardDefinition = Omit<Defaulted<Schemas['Board'], 'range' | 'compare'>, 'rows'> & { rows: BoardRow[] }
export type BoardSummary = Schemas['DashboardHead']
export type Board = Omit<Schemas['DashboardAnswer'], 'definition'> & { definition: BoardDefinition }
export type ChartAnswer = Omit<Schemas['ChartResult'], 'problem'> & { problem?: Problem }
export type BoardAnswer = Omit<Schemas['DashboardResult'], 'charts'> & { charts: ChartAnswer[] }
export type Annotation = Schemas['Annotation']
export type AnnotationKind = Annotation['kind']
export type NewAnnotation = Omit<Schemas['AnnotationNew'], 'kind'> & { kind: AnnotationKind }
export type ShareRequest = Omit<Schemas['ShareNew'], 'filters'> & { filters?: Filter[] }
export type SaveRequest = Omit<Schemas['DashboardChange'], 'definition'> & { definition?: BoardDefinition }

/** What of a dashboard is looked at. */
export type BoardView = Omit<Schemas['DashboardQuery'], 'charts' | 'filters'> & { filters?: Filter[] }

const BOARDS = '/api/v1/dashboards'
const one = (id: string) => `${BOARDS}/${encodeURIComponent(id)}`

async function put<T>(path: string, body: unknown): Promise<T> {
  const response = await send(path, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(body),
  })
  return (await response.json()) as T
}

function urlQuery(view: BoardView) {
  return {
    range: view.range,
    from: view.from,
    to: view.to,
    compare: view.compare,
    filter: (view.filters ?? []).flatMap(f => (f.values ?? []).map(value => `${f.dimension}:${value}`)),
  }
}

/** Where a dashboard's numbers come from: the platform, or a shared link that reaches nothing else. */
export interface BoardSource {
  key: string
  shared: boolean
  query: (view: BoardView, definition?: BoardDefinition, signal?: AbortSignal) => Promise<BoardAnswer>
  liveUrl: (view: BoardView) => string
}

export function boardSource(id: string): BoardSource {
  return {
    key: id,
    shared: false,
    query: (view, definition, signal) =>
      post<BoardAnswer>(`${one(id)}/query`, { ...view, ...(definition ? { definition } : {}) }, signal),
    liveUrl: view => withQuery(`${one(id)}/live`, urlQuery(view)),
  }
}

const sharedPath = (token: string) => `/api/v1/shared/${encodeURIComponent(token)}`

export function sharedSource(token: string): BoardSource {
  return {
    key: `shared/${token}`,
    shared: true,
    query: (view, _definition, signal) => post<BoardAnswer>(`${sharedPath(token)}/query`, view, signal),
    liveUrl: view => withQuery(`${sharedPath(token)}/live`, urlQuery(view)),
  }
}

export const boards = {
  list: (signal?: AbortSignal) => get<Schemas['DashboardsAnswer']>(BOARDS, {}, signal),
  get: (id: string, signal?: AbortSignal) => get<Board>(one(id), {}, signal),
  save: (id: string, request: SaveRequest) => put<Board>(one(id), request),
  /** What counts again, if anything does: the one of a file, or of the platform. */
  remove: async (id: string, reason: string, version: string): Promise<Schemas['DashboardRemoved']> => {
    const answer = await send(withQuery(one(id), { by: 'console', reason, if_version: version }), { method: 'DELETE' })
    return (await answer.json()) as Schemas['DashboardRemoved']
  },
  csvUrl: (id: string, chart: string, view: BoardView) =>
    withQuery(`${one(id)}/charts/${encodeURIComponent(chart)}/csv`, urlQuery(view)),
  shared: (token: string, signal?: AbortSignal) =>
    get<Omit<Schemas['SharedAnswer'], 'definition'> & { definition: BoardDefinition }>(sharedPath(token), {}, signal),
  annotations: (from: string | undefined, to: string | undefined, token?: string, signal?: AbortSignal) =>
    get<Schemas['AnnotationsAnswer']>(
      token ? `${sharedPath(token)}/annotations` : '/api/v1/annotations',
      { from, to },
      signal,
    ),
  annotate: (body: NewAnnotation) => post<Annotation>('/api/v1/annotations', body),
  unannotate: (id: string) =>
    send(withQuery(`/api/v1/annotations/${encodeURIComponent(id)}`, { by: 'console' }), { method: 'DELETE' }),
  share: (body: ShareRequest) => post<Schemas['ShareMade']>('/api/v1/shares', body),
  shares: (signal?: AbortSignal) => get<Schemas['SharesAnswer']>('/api/v1/shares', {}, signal),
  unshare: (id: string) =>
    send(withQuery(`/api/v1/shares/${encodeURIComponent(id)}`, { by: 'console' }), { method: 'DELETE' }),
  metrics: (signal?: AbortSignal) => get<MetricCatalogue>('/api/v1/metrics', {}, signal),
  /** The most frequent values of a dimension, to choose a filter from. */
  values: async (metrics: readonly string[], dimension: string, signal?: AbortSignal): Promise<string[]> => {
    const { metrics: all } = await get<MetricCatalogue>('/api/v1/metrics', {}, signal)
    const has = (name: string) => all.some(m => m.name === name && m.dimensions.some(d => d.name === dimension))
    const metric = metrics.find(has)
    if (!metric) return []
    const body = { metrics: [metric], dimensions: [dimension], order: [{ by: metric, descending: true }], limit: 60 }
    const answer = await post<MetricsResult>('/api/v1/metrics/query', body, signal)
    return answer.rows.map(row => row.dimensions?.[dimension]).filter((v): v is string => typeof v === 'string')
  },
  status: api.status,
}
