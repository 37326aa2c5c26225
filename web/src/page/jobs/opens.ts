// Where the numbers of a job's tables open.
import type { JobOutput, Row, SqlAnswer } from '../../api/types.ts'
import { explainHref, explainRowHref } from '../../metric.ts'

/** Where a number leads: to the rows behind it, or nowhere, with the reason. */
export type Opening = { href: string } | { why: string }

/** Opens a number of a row that was read from a table of a job. */
export type Opens = (table: string, row: Row, column: string) => Opening

const PUBLISHED = new Set(['revision_no', 'revision', 'phase', 'retracted'])

/** Where a column of a row leads. `value` gives the row's values, and undefined for what was not read of it. */
function opening(output: JobOutput | undefined, column: string, value: (name: string) => unknown): Opening {
  if (!output) return { why: 'the job publishes no such table' }
  if (output.kind !== 'table') return { why: `a message of a ${output.kind}; only rows of tables can be looked behind` }
  if (output.key.length === 0) return { why: `rows of ${output.name} have no key to find them by` }
  if (PUBLISHED.has(column)) return { why: 'says how the row was published; its revisions tell more' }
  if (output.key.includes(column)) return { why: 'names the row' }
  if (!output.columns.some(known => known.name === column)) return { why: `${output.name} has no column ${column}` }
  const missing = output.key.find(part => value(part) === undefined)
  if (missing) return { why: `the row’s ${missing} is not shown` }
  return { href: explainRowHref(output.name, column, Object.fromEntries(output.key.map(part => [part, value(part)]))) }
}

/** Opens numbers of the tables among some outputs. */
export function opensOf(outputs: readonly JobOutput[]): Opens {
  const tables = new Map(outputs.filter(output => output.kind === 'table').map(output => [output.name, output]))
  return (table, row, column) => opening(tables.get(table), column, name => row[name])
}

/** Where a number of an answer's row leads. */
export function openingIn(
  output: JobOutput,
  columns: SqlAnswer['columns'],
  row: readonly unknown[],
  column: string,
): Opening {
  const at = new Map(columns.map((known, i) => [known.name, i]))
  return opening(output, column, name => {
    const i = at.get(name)
    return i === undefined ? undefined : (row[i] ?? null)
  })
}

/** Where a number that a statement computes leads; `row` has the values that its rows are told apart by. */
export function computed(sql: string, column: string, row?: Row): Opening {
  return { href: explainHref(sql, column, row) }
}
