// Where "now" is for a view: what a job has reached in event time, and not what claims to be newer. A sender's clock that
// runs ahead makes rows of tomorrow; they stay out of the newest hour until their time has come.
import type { Job } from '../../api/types.ts'
import { timestamp } from '../../metric.ts'

const MINUTE_MS = 60_000

/** The end of the minute that the job is in, for SQL; nothing before the first event. */
export function boundOf(job: Pick<Job, 'watermark'>): string {
  if (!job.watermark) return ''
  const end = (Math.floor(Date.parse(job.watermark) / MINUTE_MS) + 1) * MINUTE_MS
  return timestamp(new Date(end).toISOString())
}

/** The condition that a time is not beyond the bound. */
export function until(column: string, bound: string): string {
  return bound === '' ? 'true' : `${column} <= ${bound}`
}

/** The condition that a time is in the newest stretch that has rows. */
export function newest(table: string, column: string, stretch: string, bound: string): string {
  const upTo = until(column, bound)
  return `${upTo}
  AND ${column} > (SELECT max(${column}) FROM ${table} WHERE ${upTo}) - INTERVAL ${stretch}`
}
