import { memo } from 'react'
import type { BoardDefinition } from '../../api/boards.ts'
import { type ChartContext, ChartPanel } from './chart.tsx'
import { widthsOf } from './shape.ts'

/** The rows of a dashboard, on twelve columns. */
export const BoardGrid = memo(function BoardGrid({
  definition,
  context,
}: {
  definition: BoardDefinition
  context: ChartContext
}) {
  return (
    <div className="board">
      {definition.rows.map((row, r) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row has no name of its own
        <section key={r} className="board-row" aria-label={row.title ?? `Row ${r + 1}`}>
          {row.title && <h2 className="board-row-title">{row.title}</h2>}
          <div className="board-grid">
            {widthsOf(row.charts).map((width, at) => {
              const chart = row.charts[at]
              return chart && <ChartPanel key={chart.id} chart={chart} width={width} context={context} />
            })}
          </div>
        </section>
      ))}
    </div>
  )
})
