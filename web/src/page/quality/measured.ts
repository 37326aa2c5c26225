// What a check measured in each of its runs, as a course that can be drawn.
import type { CheckResult } from '../../api/types.ts'

export interface Measured {
  /** What the values are, in words. */
  what: string
  /** Of the runs, oldest first. */
  values: number[]
  runs: CheckResult[]
  format: (value: number) => string
}

const NUMBER = /^-?[\d,]*\.?\d+(e[+-]?\d+)?$/i

const figure = new Intl.NumberFormat('en-GB', { maximumSignificantDigits: 4 })
const share = new Intl.NumberFormat('en-GB', { style: 'percent', maximumSignificantDigits: 3 })

/** The numbers that the runs measured, where every one is a number; else the share of rows that failed. */
export function measuredOf(newestFirst: readonly CheckResult[]): Measured {
  const runs = newestFirst.filter(result => result.status !== 'unknown').reverse()
  if (runs.length > 0 && runs.every(result => NUMBER.test(result.actual))) {
    return {
      what: 'measured',
      runs,
      values: runs.map(result => Number(result.actual.replaceAll(',', ''))),
      format: value => figure.format(value),
    }
  }
  return {
    what: 'share of rows that fail',
    runs,
    values: runs.map(result => (result.rows > 0 ? result.failing / result.rows : 0)),
    format: value => share.format(value),
  }
}

/** The bounds of a scale on which the course is seen: its own extent, or a little around a value that never changed. */
export function scaleOf(values: readonly number[]): { low: number; high: number } {
  const low = Math.min(...values)
  const high = Math.max(...values)
  if (low < high) return { low, high }
  const around = Math.abs(low) / 2 || 1
  return { low: low - around, high: low + around }
}
