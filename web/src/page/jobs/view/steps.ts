// Sums of the funnel: how many visits came to each step, and which share to the last.

export const HOUR_MS = 3_600_000

export interface StepRow {
  hour: number
  no: number
  step: string
  visits: number
}

export interface StepSum {
  no: number
  step: string
  visits: number
}

/** Visits per step over all hours, in the order of the steps. */
export function stepsOf(rows: readonly StepRow[]): StepSum[] {
  const all = new Map<number, StepSum>()
  for (const row of rows) {
    const sum = all.get(row.no)
    if (sum) sum.visits += row.visits
    else all.set(row.no, { no: row.no, step: row.step, visits: row.visits })
  }
  return [...all.values()].sort((a, b) => a.no - b.no)
}

/** The share of each hour's visits that came to the last step; null for an hour without visits. */
export function conversionOf(rows: readonly StepRow[]): { times: number[]; values: (number | null)[] } {
  const last = rows.reduce((most, row) => Math.max(most, row.no), 0)
  const first = rows.reduce((least, row) => Math.min(least, row.no), last)
  const hours = rows.map(row => row.hour)
  const from = hours.reduce((least, at) => Math.min(least, at), Number.POSITIVE_INFINITY)
  const to = hours.reduce((most, at) => Math.max(most, at), Number.NEGATIVE_INFINITY)
  const visits = (hour: number, no: number) => rows.find(row => row.hour === hour && row.no === no)?.visits ?? 0
  const times: number[] = []
  for (let at = from; at <= to; at += HOUR_MS) times.push(at)
  return {
    times,
    values: times.map(at => {
      const begun = visits(at, first)
      return begun > 0 ? visits(at, last) / begun : null
    }),
  }
}
