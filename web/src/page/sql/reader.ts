// What bounds the statements of who asks, in words.
import type { SQLLimits } from '../../api/types.ts'
import { count, duration } from '../../format.ts'

const several = (n: number, one: string, many: string) => `${count(n)} ${n === 1 ? one : many}`

/** One sentence about what the role does not see, where there is a role, and others about how much it may ask. */
export function readerText(limits: SQLLimits): string[] {
  const hidden = limits.hidden_columns.length
  const unseen = [
    ...(limits.unseen_tables > 0 ? [several(limits.unseen_tables, 'table', 'tables')] : []),
    ...(hidden > 0 ? [several(hidden, 'column', 'columns')] : []),
  ]
  const bounds = [
    ...(limits.rows > 0 ? [several(limits.rows, 'row', 'rows')] : []),
    ...(limits.seconds > 0 ? [bound(limits.seconds)] : []),
  ]
  return [
    ...(limits.role === undefined
      ? []
      : [`You read as ${limits.role}${unseen.length > 0 ? `, which does not see ${unseen.join(' and ')}` : ''}.`]),
    ...(bounds.length > 0 ? [`An answer takes at most ${bounds.join(' and ')}.`] : []),
    `You may run ${several(limits.queries_at_once, 'query', 'queries')} at once.`,
  ]
}

/** A whole number of seconds is written as one. */
const bound = (seconds: number) =>
  seconds < 60 && Number.isInteger(seconds) ? `${seconds} s` : duration(seconds * 1000)
