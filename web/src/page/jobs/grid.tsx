import { useMemo, useRef } from 'react'
import type { JobOutput, SqlAnswer } from '../../api/types.ts'
import { plain, timeOf } from '../../format.ts'
import { type Column, Grid } from '../../ui/grid.tsx'
import { groupDigits, NUMERIC } from '../sql/shape.ts'
import { Cell } from './cell.tsx'
import { openingIn } from './opens.ts'

const CHAR = 7.8
const PAD = 30
const LEAST = 76
const LEAST_DECIMAL = 112
const MOST = 260
const TIME_WIDTH = 176
const isTime = (type: string) => type.startsWith('TIMESTAMP')

function columnsOf(output: JobOutput, answer: SqlAnswer): Column<unknown[]>[] {
  return answer.columns.map((column, i) => {
    const numeric = NUMERIC.test(column.type)
    const lengths = answer.rows.map(row => groupDigits(plain(row[i])).length)
    const least = column.type.startsWith('DECIMAL') ? LEAST_DECIMAL : LEAST
    const longest = Math.max(column.name.length, ...lengths)
    return {
      key: column.name,
      title: column.name,
      width: isTime(column.type) ? TIME_WIDTH : Math.min(Math.max(longest * CHAR + PAD, least), MOST),
      ...(numeric ? { align: 'end' as const } : {}),
      cell: row => (
        <Cell
          name={column.name}
          type={column.type}
          value={row[i]}
          opens={numeric ? openingIn(output, answer.columns, row, column.name) : null}
        />
      ),
      text: row => plain(row[i]),
      compare: (a, b) =>
        numeric
          ? Number(a[i] ?? 0) - Number(b[i] ?? 0)
          : plain(a[i]).localeCompare(plain(b[i]), 'en', { numeric: true }),
    }
  })
}

/** Columns of the first answer with rows: their widths must not move while rows come. */
function useColumns(output: JobOutput, answer: SqlAnswer): Column<unknown[]>[] {
  const kept = useRef<{ names: string; columns: Column<unknown[]>[] } | null>(null)
  const names = answer.columns.map(column => column.name).join()
  if (kept.current?.names !== names) {
    const columns = columnsOf(output, answer)
    if (answer.rows.length === 0) return columns
    kept.current = { names, columns }
  }
  return kept.current.columns
}

interface GridProps {
  output: JobOutput
  answer: SqlAnswer
  lead: React.ReactNode
}

/** Rows of an output, as a grid. */
export function AnswerGrid({ output, answer, lead }: GridProps) {
  const columns = useColumns(output, answer)
  const at = useMemo(() => {
    const named = ['revision_no', ...output.key]
    return named.map(name => answer.columns.findIndex(column => column.name === name)).filter(i => i >= 0)
  }, [answer.columns, output.key])
  return (
    <div className="job-rows">
      {answer.rows.length === 0 ? (
        <>
          <div className="grid-bar">{lead}</div>
          <p className="panel-empty">Nothing has been published here yet.</p>
        </>
      ) : (
        <Grid
          label={`Rows of ${output.name}`}
          fileName={output.name}
          columns={columns}
          rows={answer.rows}
          rowKey={(row, i) => (at.length > 0 ? at.map(k => plain(row[k])).join('/') : String(i))}
          narrow={row => <NarrowRow output={output} answer={answer} row={row} />}
          lead={lead}
        />
      )}
    </div>
  )
}

const ON_PHONE = 3

/** On a phone: the key, and the first figures below it. */
function NarrowRow({ output, answer, row }: { output: JobOutput; answer: SqlAnswer; row: unknown[] }) {
  const shown = (name: string) => {
    const i = answer.columns.findIndex(column => column.name === name)
    const value = plain(row[i])
    if (value !== '' && isTime(answer.columns[i]?.type ?? '')) return timeOf(value)
    return NUMERIC.test(answer.columns[i]?.type ?? '') ? groupDigits(value) : value
  }
  const figures = answer.columns
    .filter(c => NUMERIC.test(c.type) && !output.key.includes(c.name) && !c.name.startsWith('revision'))
    .slice(0, ON_PHONE)
  return (
    <div className="job-row">
      <span className="clip">{output.key.map(shown).join(', ')}</span>
      <span className="small quiet clip">{figures.map(c => `${c.name} ${shown(c.name)}`).join(', ')}</span>
    </div>
  )
}
