// The only place that talks to the server.
import type {
  Definition,
  EventPage,
  EventQuery,
  JobList,
  KeyState,
  LedgerAnswer,
  LedgerQuery,
  Overview,
  OverviewQuery,
  Passport,
  Problem,
  Quarantine,
  QuarantineQuery,
  SchemaTable,
  SourceList,
  SqlAnswer,
  Status,
  Watermarks,
} from './types.ts'

export class ApiError extends Error {
  readonly status: number
  readonly problem: Problem

  constructor(status: number, problem: Problem) {
    super(problem.detail || problem.title || `The server answered ${status}`)
    this.name = 'ApiError'
    this.status = status
    this.problem = problem
  }

  /** True when asking again may help: the server is away, busy or broken, not the question. */
  get retryable(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500
  }
}

type Query = Record<string, string | number | boolean | undefined>

export function withQuery(path: string, query: Query = {}): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') params.set(name, String(value))
  }
  const text = params.toString()
  return text === '' ? path : `${path}?${text}`
}

async function problemOf(response: Response): Promise<Problem> {
  try {
    return (await response.json()) as Problem
  } catch {
    return { title: response.statusText, detail: `The server answered ${response.status} without an explanation.` }
  }
}

async function send(path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response
  try {
    response = await fetch(path, init)
  } catch (cause) {
    if (init.signal?.aborted) throw cause
    throw new ApiError(0, { title: 'No answer', detail: 'Millrace does not answer at this address.' })
  }
  if (!response.ok) throw new ApiError(response.status, await problemOf(response))
  return response
}

async function get<T>(path: string, query: Query, signal?: AbortSignal): Promise<T> {
  const response = await send(withQuery(path, query), {
    headers: { accept: 'application/json' },
    ...(signal ? { signal } : {}),
  })
  return (await response.json()) as T
}

function postSql(query: string, accept: string, signal?: AbortSignal): Promise<Response> {
  return send('/api/v1/sql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept },
    body: JSON.stringify({ query }),
    ...(signal ? { signal } : {}),
  })
}

export const exportTypes = {
  csv: 'text/csv',
  json: 'application/json',
  arrow: 'application/vnd.apache.arrow.stream',
} as const

export type ExportFormat = keyof typeof exportTypes

export const api = {
  status: (signal?: AbortSignal) => get<Status>('/api/v1/status', {}, signal),
  ledger: (query: LedgerQuery, signal?: AbortSignal) => get<LedgerAnswer>('/api/v1/ledger', { ...query }, signal),
  overview: (query: OverviewQuery, signal?: AbortSignal) => get<Overview>('/api/v1/overview', { ...query }, signal),
  definitions: (query: { from?: string; to?: string }, signal?: AbortSignal) =>
    get<{ definitions: Definition[] }>('/api/v1/definitions', query, signal),
  overviewStreamUrl: (query: OverviewQuery) => withQuery('/api/v1/overview/stream', { ...query }),
  events: (query: EventQuery, signal?: AbortSignal) => get<EventPage>('/api/v1/events', { ...query }, signal),
  event: (id: string, signal?: AbortSignal) => get<Passport>(`/api/v1/events/${encodeURIComponent(id)}`, {}, signal),
  coordinates: (partition: string, offset: string, signal?: AbortSignal) =>
    get<Passport>(`/api/v1/coordinates/${encodeURIComponent(partition)}/${encodeURIComponent(offset)}`, {}, signal),
  quarantine: (query: QuarantineQuery, signal?: AbortSignal) =>
    get<Quarantine>('/api/v1/quarantine', { ...query }, signal),
  jobs: (signal?: AbortSignal) => get<JobList>('/api/v1/jobs', {}, signal),
  resultsUrl: (job: string, output: string, last: number) =>
    withQuery(`/api/v1/jobs/${encodeURIComponent(job)}/results`, { output, last }),
  watermarks: (signal?: AbortSignal) => get<Watermarks>('/api/v1/watermarks', {}, signal),
  /** What a job keeps of a key; a key that is no JSON is a text. */
  state: (job: string, key: string, signal?: AbortSignal) =>
    get<KeyState>(`/api/v1/state/${encodeURIComponent(job)}/${encodeURIComponent(key)}`, {}, signal),
  sources: (signal?: AbortSignal) => get<SourceList>('/api/v1/sources', {}, signal),
  schema: (signal?: AbortSignal) => get<{ tables: SchemaTable[] }>('/api/v1/schema', {}, signal),
  sql: async (query: string, signal?: AbortSignal): Promise<SqlAnswer> =>
    (await postSql(query, exportTypes.json, signal)).json() as Promise<SqlAnswer>,
  sqlExport: async (query: string, format: ExportFormat, signal?: AbortSignal): Promise<Blob> =>
    (await postSql(query, exportTypes[format], signal)).blob(),
}
