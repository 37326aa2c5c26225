// Buckets of event time in UTC, cut as SQL's date_trunc cuts them (weeks start on Monday).
import type { Grain } from '../api/types.ts'
import { DAY_MS } from './range.ts'

const HOUR_MS = 3_600_000
/** 1970-01-05 was a Monday. */
const MONDAY_MS = 4 * DAY_MS

export function bucketStart(ms: number, grain: Grain): number {
  if (grain === 'hour') return Math.floor(ms / HOUR_MS) * HOUR_MS
  if (grain === 'day') return Math.floor(ms / DAY_MS) * DAY_MS
  if (grain === 'week') return Math.floor((ms - MONDAY_MS) / (7 * DAY_MS)) * 7 * DAY_MS + MONDAY_MS
  const date = new Date(ms)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth())
}

/** The start of the bucket that lies `steps` after the one that starts at `start`. */
export function bucketStep(start: number, grain: Grain, steps: number): number {
  if (grain === 'month') {
    const date = new Date(start)
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + steps)
  }
  return start + steps * { hour: HOUR_MS, day: DAY_MS, week: 7 * DAY_MS }[grain]
}

const MOST = 5000

/** The starts of all buckets from the one that holds `from` to the one that holds the instant before `to`. */
export function bucketsOf(from: number, to: number, grain: Grain): number[] {
  const starts: number[] = []
  for (let at = bucketStart(from, grain); at < to && starts.length < MOST; at = bucketStep(at, grain, 1))
    starts.push(at)
  return starts
}
