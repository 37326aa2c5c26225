// Results as they were published: those that the table has, and those that came since.
import type { JobOutput, ResultEvent, SqlAnswer } from '../../api/types.ts'

const NUMBER = 'revision_no'
const NEVER = '1970-01-01T00:00:00Z'

/** What tables hold as NULL: an empty text, and a time that is not known. */
function stored(type: string, value: unknown): unknown {
  if (value === '' || value === undefined) return null
  return type.startsWith('TIMESTAMP') && value === NEVER ? null : value
}

/** Results as an answer of the SQL endpoint would have them, the newest first, `most` at the most. */
export function answerOf(
  output: JobOutput,
  results: readonly ResultEvent[],
  base: SqlAnswer | undefined,
  most: number,
): SqlAnswer {
  const columns = [{ name: NUMBER, type: 'BIGINT' }, ...output.columns.map(({ name, type }) => ({ name, type }))]
  const rows = new Map<number, unknown[]>()
  const places = columns.map(column => base?.columns.findIndex(c => c.name === column.name) ?? -1)
  for (const row of base?.rows ?? []) {
    const all = places.map(place => row[place] ?? null)
    rows.set(Number(all[0]), all)
  }
  for (const result of results) {
    const all = output.columns.map(column => stored(column.type, result.row[column.name]))
    rows.set(result.number, [result.number, ...all])
  }
  const sorted = [...rows].sort(([a], [b]) => b - a).map(([, row]) => row)
  const shown = sorted.slice(0, most)
  return { columns, rows: shown, row_count: shown.length, truncated: false, elapsed_ms: 0 }
}
