// The only place that talks to the server.
import type {
  CheckDetail,
  CheckList,
  CheckRun,
  Definition,
  DryRun,
  DryRunRequest,
  EventPage,
  EventQuery,
  Explained,
  ExplainRequest,
  HealthRequest,
  HeldDetail,
  HeldGroupDetail,
  HeldGroups,
  HeldImport,
  HeldPage,
  HeldQuery,
  HeldRun,
  JobList,
  KeyState,
  LedgerAnswer,
  LedgerQuery,
  Overview,
  OverviewQuery,
  Passport,
  Problem,
  Profile,
  ProfileList,
  RuleList,
  RunRequest,
  SchemaAnswer,
  ScoreList,
  SourceHealthDetail,
  SourceList,
  SqlAnswer,
  Status,
  Suggestion,
  Triage,
  TriageChange,
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

type Query = Record<string, string | number | boolean | readonly string[] | null | undefined>

export function withQuery(path: string, query: Query = {}): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (Array.isArray(value)) for (const each of value) params.append(name, each)
    else if (value !== undefined && value !== null && value !== '') params.set(name, String(value))
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

export async function send(path: string, init: RequestInit = {}): Promise<Response> {
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

export async function get<T>(path: string, query: Query, signal?: AbortSignal): Promise<T> {
  const response = await send(withQuery(path, query), {
    headers: { accept: 'application/json' },
    ...(signal ? { signal } : {}),
  })
  return (await response.json()) as T
}

export async function post<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  const response = await send(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(body),
    ...(signal ? { signal } : {}),
  })
  return (await response.json()) as T
}

const HELD = '/api/v1/quarantine'

export type FileFormat = 'csv' | 'jsonl'
export type RunControl = 'pause' | 'resume' | 'cancel'

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

const CHECKS = '/api/v1/checks'
const profileOf = (source: string, type: string) =>
  `/api/v1/profiles/${encodeURIComponent(source)}/${encodeURIComponent(type)}`

export const api = {
  checks: (signal?: AbortSignal) => get<CheckList>(CHECKS, {}, signal),
  check: (name: string, signal?: AbortSignal) =>
    get<CheckDetail>(`${CHECKS}/${encodeURIComponent(name)}`, { limit: 60 }, signal),
  runCheck: (name: string) => post<CheckRun>(withQuery(`${CHECKS}/run`, { by: 'console' }), { names: [name] }),
  qualityScores: (signal?: AbortSignal) => get<ScoreList>('/api/v1/quality/scores', {}, signal),
  rules: (signal?: AbortSignal) => get<RuleList>('/api/v1/rules', {}, signal),
  profiles: (signal?: AbortSignal) => get<ProfileList>('/api/v1/profiles', {}, signal),
  profile: (source: string, type: string, day: string, signal?: AbortSignal) =>
    get<Profile>(profileOf(source, type), { day }, signal),
  suggestion: (source: string, type: string, day: string, signal?: AbortSignal) =>
    get<Suggestion>(`${profileOf(source, type)}/suggestion`, { day }, signal),
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
  heldGroups: (query: HeldQuery, signal?: AbortSignal) => get<HeldGroups>(`${HELD}/groups`, { ...query }, signal),
  heldGroup: (id: string, signal?: AbortSignal) =>
    get<HeldGroupDetail>(`${HELD}/groups/${encodeURIComponent(id)}`, {}, signal),
  heldItems: (query: HeldQuery & { cursor?: string; limit?: number }, signal?: AbortSignal) =>
    get<HeldPage>(`${HELD}/items`, { ...query }, signal),
  heldItem: (partition: number, offset: number, signal?: AbortSignal) =>
    get<HeldDetail>(`${HELD}/items/${partition}/${offset}`, {}, signal),
  triage: (group: string, change: TriageChange) =>
    post<Triage>(`${HELD}/groups/${encodeURIComponent(group)}/triage`, change),
  dryRun: (request: DryRunRequest, signal?: AbortSignal) => post<DryRun>(`${HELD}/dry-run`, request, signal),
  startRun: (request: RunRequest) => post<HeldRun>(`${HELD}/runs`, request),
  runs: (signal?: AbortSignal) => get<{ runs: HeldRun[] }>(`${HELD}/runs`, {}, signal),
  controlRun: (id: string, control: RunControl, by: string) =>
    post<HeldRun>(`${HELD}/runs/${encodeURIComponent(id)}/${control}`, { by }),
  heldExportUrl: (query: HeldQuery, format: FileFormat) => withQuery(`${HELD}/export`, { ...query, format }),
  heldImport: async (file: File, format: FileFormat, query: { dry_run?: boolean; confirm?: string; by: string }) => {
    const headers = { 'content-type': format === 'csv' ? 'text/csv' : 'application/jsonl', accept: 'application/json' }
    const path = withQuery(`${HELD}/import`, { ...query, format })
    return (await send(path, { method: 'POST', headers, body: file })).json() as Promise<HeldImport>
  },
  jobs: (signal?: AbortSignal) => get<JobList>('/api/v1/jobs', {}, signal),
  resultsUrl: (job: string, output: string, last: number) =>
    withQuery(`/api/v1/jobs/${encodeURIComponent(job)}/results`, { output, last }),
  watermarks: (signal?: AbortSignal) => get<Watermarks>('/api/v1/watermarks', {}, signal),
  /** What a job keeps of a key; a key that is no JSON is a text. */
  state: (job: string, key: string, signal?: AbortSignal) =>
    get<KeyState>(`/api/v1/state/${encodeURIComponent(job)}/${encodeURIComponent(key)}`, {}, signal),
  sources: (signal?: AbortSignal) => get<SourceList>('/api/v1/sources', {}, signal),
  sourceHealth: (name: string, signal?: AbortSignal) =>
    get<SourceHealthDetail>(`/api/v1/sources/${encodeURIComponent(name)}/health`, {}, signal),
  changeHealth: async (name: string, change: HealthRequest): Promise<SourceHealthDetail> =>
    (
      await send(`/api/v1/sources/${encodeURIComponent(name)}/health`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body: JSON.stringify(change),
      })
    ).json() as Promise<SourceHealthDetail>,
  schema: (signal?: AbortSignal) => get<SchemaAnswer>('/api/v1/schema', {}, signal),
  sql: async (query: string, signal?: AbortSignal): Promise<SqlAnswer> =>
    (await postSql(query, exportTypes.json, signal)).json() as Promise<SqlAnswer>,
  /** The rows behind a number, and whether they come to it. */
  explain: async (request: ExplainRequest, signal?: AbortSignal): Promise<Explained> =>
    (
      await send('/api/v1/explain', {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body: JSON.stringify(request),
        ...(signal ? { signal } : {}),
      })
    ).json() as Promise<Explained>,
  sqlExport: async (query: string, format: ExportFormat, signal?: AbortSignal): Promise<Blob> =>
    (await postSql(query, exportTypes[format], signal)).blob(),
}
