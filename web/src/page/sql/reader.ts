// What bounds the statements of who asks, in words.
import type { SchemaReader } from '../../api/types.ts'
import { count, duration } from '../../format.ts'

const several = (n: number, one: string, many: string) => `${count(n)} ${n === 1 ? one : many}`

/** One sentence about what the role does not see, where there is a role, and one about how much an answer may be. */
export function readerText(reader: SchemaReader): string[] {
  const unseen = [
    ...(reader.unseen > 0 ? [several(reader.unseen, 'table', 'tables')] : []),
    ...(reader.hidden_columns > 0 ? [several(reader.hidden_columns, 'column', 'columns')] : []),
  ]
  const bounds = [
    ...(reader.max_rows > 0 ? [several(reader.max_rows, 'row', 'rows')] : []),
    ...(reader.timeout_ms > 0 ? [bound(reader.timeout_ms)] : []),
  ]
  return [
    ...(reader.role === ''
      ? []
      : [`You read as ${reader.role}${unseen.length > 0 ? `, which does not see ${unseen.join(' and ')}` : ''}.`]),
    ...(bounds.length > 0 ? [`An answer takes at most ${bounds.join(' and ')}.`] : []),
    ...(reader.max_concurrent > 0
      ? [`You may run ${several(reader.max_concurrent, 'query', 'queries')} at once.`]
      : []),
  ]
}

/** A whole number of seconds is written as one. */
const bound = (ms: number) => (ms < 60_000 && ms % 1000 === 0 ? `${ms / 1000} s` : duration(ms))
