// Questions about the ledger, audits, statements, orders and escalations.
import { ApiError, get, post, send } from './client.ts'
import type { components, operations } from './schema.d.ts'
import type { Problem } from './types.ts'

type Schemas = components['schemas']
type Query<Name extends keyof operations> = NonNullable<operations[Name]['parameters']['query']>

export type LedgerEvents = Schemas['LedgerEventsAnswer']
export type LedgerEvent = Schemas['LedgerEvent']
export type LedgerEventsQuery = Query<'ledger-events'>
export type LedgerColumn = NonNullable<LedgerEventsQuery['verdict']>
export type AuditReport = Schemas['AuditReport']
export type AuditFinding = Schemas['AuditFinding']
export type AuditRequest = Schemas['AuditRequest']
export type Progress = Schemas['RunProgress']
export type Statement = Schemas['Statement']
export type StatementDetail = Schemas['StatementAnswer']
export type Statements = Schemas['StatementsAnswer']
export type OrderTruth = Schemas['OrdersAnswer']
export type OrderDay = Schemas['OrderDay']
export type OrderReason = OrderDay['reason']
export type OrderDifference = Schemas['OrderDifference']
export type OrderDifferences = Schemas['OrderDifferencesAnswer']
export type OrderDifferencesQuery = Query<'orders-differences'>
export type Escalations = Schemas['EscalationsAnswer']
export type Incident = Schemas['Incident']

const ESCALATIONS = '/api/v1/escalations'
const statementPath = (day: string) => `/api/v1/statements/${encodeURIComponent(day)}`

/** Runs an audit, whose answer is a stream; it ends with the report, or with a problem. */
async function runAudit(
  request: AuditRequest,
  onProgress: (progress: Progress) => void,
  signal?: AbortSignal,
): Promise<AuditReport> {
  const response = await send('/api/v1/audits', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify(request),
    ...(signal ? { signal } : {}),
  })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  for (;;) {
    const chunk = await reader?.read()
    if (!chunk || chunk.done) break
    const messages = (rest + chunk.value).split('\n\n')
    rest = messages.pop() ?? ''
    for (const message of messages) {
      const kind = /^event: (.*)$/m.exec(message)?.[1]
      const data = JSON.parse(/^data: (.*)$/m.exec(message)?.[1] ?? 'null') as unknown
      if (kind === 'progress') onProgress(data as Progress)
      if (kind === 'result') return data as AuditReport
      if (kind === 'problem') throw new ApiError((data as Problem).status ?? 500, data as Problem)
    }
  }
  throw new ApiError(0, { title: 'Cut off', detail: 'The stream ended before the audit did.' })
}

export const reconcile = {
  ledgerEvents: (query: LedgerEventsQuery, signal?: AbortSignal) =>
    get<LedgerEvents>('/api/v1/ledger/events', { ...query }, signal),
  audits: (signal?: AbortSignal) => get<{ audits: AuditReport[] }>('/api/v1/audits', {}, signal),
  runAudit,
  statements: (signal?: AbortSignal) => get<Statements>('/api/v1/statements', {}, signal),
  statement: (day: string, signal?: AbortSignal) => get<StatementDetail>(statementPath(day), {}, signal),
  sign: (day: string, by: string, note: string) => post<StatementDetail>(`${statementPath(day)}/sign`, { by, note }),
  orders: (query: Query<'orders-truth'>, signal?: AbortSignal) =>
    get<OrderTruth>('/api/v1/orders/truth', { ...query }, signal),
  differences: (query: OrderDifferencesQuery, signal?: AbortSignal) =>
    get<OrderDifferences>('/api/v1/orders/differences', { ...query }, signal),
  escalations: (signal?: AbortSignal) => get<Escalations>(ESCALATIONS, {}, signal),
  acknowledge: (id: string, by: string, reason: string) =>
    post<Incident>(`${ESCALATIONS}/incidents/${encodeURIComponent(id)}/acknowledge`, { by, reason }),
  mute: (id: string, until: string, by: string, reason: string) =>
    post<Incident>(`${ESCALATIONS}/incidents/${encodeURIComponent(id)}/mute`, { until, by, reason }),
  retryMessages: (by: string) => post<{ messages: number }>(`${ESCALATIONS}/retry`, { by }),
  testTarget: async (target: string, by: string) => {
    await send(`${ESCALATIONS}/test`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ target, by }),
    })
  },
}
