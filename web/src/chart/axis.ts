import { september } from '../format.ts'

// Where a time axis has its labels, and what they say. All times are in seconds, in UTC.

const MINUTE = 60
const HOUR = 3600
const DAY = 86_400
/** 1970-01-05 was a Monday. */
const MONDAY = 4 * DAY

type Unit = 'minute' | 'hour' | 'day' | 'week' | 'month'

const STEPS: Record<Unit, readonly number[]> = {
  minute: [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720],
  hour: [1, 2, 3, 6, 12, 24, 48, 168],
  day: [1, 2, 7, 14, 21, 28, 56],
  week: [1, 2, 4, 8, 13, 26, 52],
  month: [1, 2, 3, 6, 12, 24],
}

export function unitOf(bucketS: number): Unit {
  if (bucketS >= 28 * DAY) return 'month'
  if (bucketS >= 7 * DAY) return 'week'
  if (bucketS >= DAY) return 'day'
  return bucketS >= HOUR ? 'hour' : 'minute'
}

/** True where a label at this bucket falls on a round time: minutes, hours of the day, Mondays, months of the year. */
function isRound(start: number, index: number, unit: Unit, step: number): boolean {
  if (unit === 'minute') return Math.round(start) % (step * MINUTE) === 0
  if (unit === 'hour') return Math.round(start / HOUR) % step === 0
  if (unit === 'day') return step < 7 ? index % step === 0 : Math.round((start - MONDAY) / DAY) % step === 0
  if (unit === 'month') return new Date(start * 1000).getUTCMonth() % Math.min(step, 12) === 0
  return index % step === 0
}

/** Bucket starts to label, at least `space` pixels apart on an axis of `width` pixels. */
export function axisStarts(starts: ArrayLike<number>, bucketS: number, width: number, space: number): number[] {
  const all = Array.from(starts)
  const unit = unitOf(bucketS)
  const room = Math.max(Math.floor(width / space), 1)
  // Steps of minutes are minutes, whatever the bucket; those of other units are buckets.
  const length = unit === 'minute' ? (all.length * bucketS) / MINUTE : all.length
  const step = STEPS[unit].find(s => length / s <= room) ?? Math.ceil(length / room)
  return all.filter((start, i) => isRound(start, i, unit, step))
}

const format = (options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat('en-GB', { ...options, timeZone: 'UTC' })
const dayMonth = format({ day: 'numeric', month: 'short' })
const monthOnly = format({ month: 'short' })
const clock = format({ hour: '2-digit', minute: '2-digit' })

/** The labels; the year, or the day of an hour, stands below the first one and wherever it changes. */
export function axisLabels(starts: readonly number[], bucketS: number): string[] {
  const unit = unitOf(bucketS)
  const ofDay = unit === 'hour' || unit === 'minute'
  let before = ''
  return starts.map(start => {
    const date = new Date(start * 1000)
    const text = september(
      unit === 'month' ? monthOnly.format(date) : ofDay ? clock.format(date) : dayMonth.format(date),
    )
    const context = ofDay ? september(dayMonth.format(date)) : String(date.getUTCFullYear())
    if (context === before) return text
    before = context
    return `${text}\n${context}`
  })
}
