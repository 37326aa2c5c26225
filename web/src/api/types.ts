// Short names for the shapes of the HTTP API, which are generated. Money is a decimal string in currency units; times
// are RFC 3339 in UTC.
import type { components, operations } from './schema.d.ts'

type Schemas = components['schemas']
type Query<Name extends keyof operations> = NonNullable<operations[Name]['parameters']['query']>

export type Ledger = Schemas['Ledger']
export type LedgerRow = Schemas['LedgerRow']
export type LedgerAnswer = Schemas['LedgerAnswer']
export type LedgerQuery = Query<'ledger'>
export type Status = Schemas['StatusAnswer']
export type Kpis = Schemas['KPIs']
export type SeriesPoint = Schemas['Point']
export type ProductRow = Schemas['ProductRow']
export type CountryRow = Schemas['CountryRow']
export type Platform = Schemas['PlatformStrip']
export type Overview = Schemas['OverviewAnswer']
export type OverviewQuery = Query<'overview'>
export type Grain = Overview['grain']
export type Definition = Schemas['Definition']
export type EventRow = Schemas['EventRow']
export type EventPage = Schemas['EventsAnswer']
export type EventQuery = Query<'events'>
export type EventFilter = Omit<EventQuery, 'limit' | 'cursor'>
export type Passport = Schemas['Passport']
/** A verdict; each received event gets one. */
export type Verdict = Exclude<Passport['verdict'], 'pending'>
/** A verdict, or that there is none yet. */
export type Standing = Passport['verdict']
export type Step = Schemas['Step']
export type Row = Record<string, unknown>
export type Quarantine = Schemas['QuarantineAnswer']
export type QuarantineGroup = Schemas['QuarantineGroup']
export type QuarantineQuery = Query<'quarantine'>
export type Source = Schemas['SourceRow']
export type SourceList = Schemas['SourcesAnswer']
export type Job = Schemas['Job']
export type JobOutput = Schemas['JobOutput']
export type JobFile = Schemas['JobFile']
export type JobList = Schemas['JobsAnswer']
export type ResultEvent = Schemas['ResultEvent']
export type Watermarks = Schemas['WatermarksAnswer']
export type SourceWatermark = Schemas['SourceWatermark']
export type PartitionWatermark = Schemas['PartitionWatermark']
export type KeyState = Schemas['StateAnswer']
export type SqlAnswer = Omit<Schemas['SQLAnswer'], 'rows'> & { rows: unknown[][] }
export type SchemaTable = Schemas['SchemaTable']
export type Problem = Omit<Schemas['Problem'], 'type'> & { type?: string }
