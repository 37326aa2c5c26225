import { useQuery } from '@tanstack/react-query'
import { type DragEvent, type KeyboardEvent, type PointerEvent, useCallback, useEffect, useRef, useState } from 'react'
import { type Board, type BoardDefinition, boards, type ChartKind } from '../../../api/boards.ts'
import { type ChartContext, ChartPanel } from '../chart.tsx'
import { COLUMNS, titleOf, widthOf } from '../shape.ts'
import { added, chartOf, moved, removed, resized, type Spot, spotOf, stepped } from './draft.ts'
import { BoardForm, ChartForm } from './forms.tsx'
import { Adder } from './picker.tsx'
import { SaveBar } from './save.tsx'

interface EditorProps {
  board: Board
  draft: BoardDefinition
  setDraft: (draft: BoardDefinition | null) => void
  context: ChartContext
  onSaved: (board: Board) => void
  reload: () => void
}

const DRAGGED = 'application/x-millrace-chart'

/** What a change did, said to those who do not see it. */
function told(draft: BoardDefinition, id: string): string {
  const spot = spotOf(draft, id)
  const chart = chartOf(draft, id)
  if (!spot || !chart) return 'Removed.'
  const size = draft.rows[spot.row]?.charts.length ?? 1
  return `${titleOf(chart)}: row ${spot.row + 1}, place ${spot.at + 1} of ${size}, ${widthOf(chart, size)} of 12 columns.`
}

export default function Editor({ board, draft, setDraft, context, onSaved, reload }: EditorProps) {
  const [chosen, setChosen] = useState<string | null>(null)
  const [said, setSaid] = useState('')
  const dirty = JSON.stringify(draft) !== JSON.stringify(board.definition)
  const { data } = useQuery({
    queryKey: ['metrics'],
    staleTime: 60_000,
    queryFn: ({ signal }) => boards.metrics(signal),
  })
  const metrics = data?.metrics ?? []
  const chart = chosen ? chartOf(draft, chosen) : undefined
  const apply = useCallback(
    (next: BoardDefinition, id: string) => {
      setDraft(next)
      setSaid(told(next, id))
    },
    [setDraft],
  )
  useEffect(() => {
    if (!dirty) return
    const stay = (event: BeforeUnloadEvent) => event.preventDefault()
    window.addEventListener('beforeunload', stay)
    return () => window.removeEventListener('beforeunload', stay)
  }, [dirty])
  const add = (kind: ChartKind, names: string[]) => {
    const made = added(draft, kind, names)
    apply(made.definition, made.id)
    setChosen(made.id)
  }
  return (
    <div className="bedit">
      <p className="sr" aria-live="polite">
        {said}
      </p>
      <div className="editor-board">
        <EditGrid draft={draft} context={context} chosen={chosen} setChosen={setChosen} apply={apply} />
        {draft.rows.length === 0 && <p className="quiet editor-empty">No charts yet. Pick a metric on the right.</p>}
      </div>
      <aside className="editor-side panel" aria-label="Editor">
        <SaveBar board={board} draft={draft} dirty={dirty} setDraft={setDraft} onSaved={onSaved} reload={reload} />
        {chart ? (
          <ChartForm draft={draft} chart={chart} metrics={metrics} setDraft={setDraft} close={() => setChosen(null)} />
        ) : (
          <>
            <Adder metrics={metrics} onAdd={add} />
            <BoardForm draft={draft} metrics={metrics} setDraft={setDraft} />
          </>
        )}
      </aside>
    </div>
  )
}

interface GridProps {
  draft: BoardDefinition
  context: ChartContext
  chosen: string | null
  setChosen: (id: string | null) => void
  apply: (next: BoardDefinition, id: string) => void
}

function EditGrid({ draft, context, chosen, setChosen, apply }: GridProps) {
  const [over, setOver] = useState<Spot | null>(null)
  const drop = (event: DragEvent, to: Spot) => {
    event.preventDefault()
    event.stopPropagation()
    setOver(null)
    const id = event.dataTransfer.getData(DRAGGED)
    if (id) apply(moved(draft, id, to), id)
  }
  const allow = (event: DragEvent, to: Spot) => {
    if (!event.dataTransfer.types.includes(DRAGGED)) return
    event.preventDefault()
    event.stopPropagation()
    if (over?.row !== to.row || over.at !== to.at) setOver(to)
  }
  return (
    <div className="board">
      {draft.rows.map((row, r) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row has no name of its own
        <section key={r} className="board-row" aria-label={row.title ?? `Row ${r + 1}`}>
          {row.title && <h2 className="board-row-title">{row.title}</h2>}
          {/* biome-ignore lint/a11y/noStaticElementInteractions: the handles move charts by keyboard */}
          <div
            className="board-grid"
            onDragOver={event => allow(event, { row: r, at: row.charts.length })}
            onDrop={event => drop(event, { row: r, at: row.charts.length })}
          >
            {row.charts.map((chart, at) => (
              // biome-ignore lint/a11y/noStaticElementInteractions: the handles move charts by keyboard
              <div
                key={chart.id}
                className={`edit-cell w-${widthOf(chart, row.charts.length)}${over?.row === r && over.at === at ? ' drop' : ''}`}
                onDragOver={event => allow(event, { row: r, at })}
                onDrop={event => drop(event, { row: r, at })}
              >
                <ChartPanel
                  chart={chart}
                  width={COLUMNS}
                  context={context}
                  chosen={chosen === chart.id}
                  tools={
                    <Handle draft={draft} id={chart.id} title={titleOf(chart)} setChosen={setChosen} apply={apply} />
                  }
                />
                <Resizer draft={draft} id={chart.id} width={widthOf(chart, row.charts.length)} apply={apply} />
              </div>
            ))}
          </div>
        </section>
      ))}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the handles move charts by keyboard */}
      <div
        className={`edit-end${over?.row === draft.rows.length ? ' drop' : ''}`}
        onDragOver={event => allow(event, { row: draft.rows.length, at: 0 })}
        onDrop={event => drop(event, { row: draft.rows.length, at: 0 })}
      />
    </div>
  )
}

interface HandleProps {
  draft: BoardDefinition
  id: string
  title: string
  setChosen: (id: string | null) => void
  apply: (next: BoardDefinition, id: string) => void
}

/** Drag it, or move the chart with the arrow keys; with Shift they change its width. Delete removes it, Enter opens it. */
function Handle({ draft, id, title, setChosen, apply }: HandleProps) {
  const onKey = (event: KeyboardEvent) => {
    const spot = spotOf(draft, id)
    const chart = chartOf(draft, id)
    if (!spot || !chart) return
    const width = widthOf(chart, draft.rows[spot.row]?.charts.length)
    let next = draft
    if (event.key === 'Delete' || event.key === 'Backspace') {
      next = removed(draft, id)
      setChosen(null)
    } else if (event.shiftKey && event.key === 'ArrowRight') next = resized(draft, id, width + 1)
    else if (event.shiftKey && event.key === 'ArrowLeft') next = resized(draft, id, width - 1)
    else if (event.key.startsWith('Arrow')) next = stepped(draft, id, event.key)
    else return
    event.preventDefault()
    apply(next, id)
    requestAnimationFrame(() => document.getElementById(`handle-${id}`)?.focus())
  }
  return (
    <button
      type="button"
      id={`handle-${id}`}
      className="edit-handle"
      draggable
      aria-label={`${title}: edit. Arrow keys move it, with Shift they change its width, Delete removes it`}
      title="Drag to move; click to edit"
      onDragStart={event => {
        event.dataTransfer.setData(DRAGGED, id)
        event.dataTransfer.effectAllowed = 'move'
      }}
      onClick={() => setChosen(id)}
      onKeyDown={onKey}
    >
      <span className="grip-dots" aria-hidden="true" />
    </button>
  )
}

/** The right edge of a chart. The keyboard does the same on the handle. */
function Resizer({
  draft,
  id,
  width,
  apply,
}: { draft: BoardDefinition; id: string; width: number } & Pick<GridProps, 'apply'>) {
  const start = useRef<{ x: number; column: number } | null>(null)
  const onDown = (event: PointerEvent<HTMLSpanElement>) => {
    const grid = event.currentTarget.closest('.board-grid')
    if (!grid) return
    event.currentTarget.setPointerCapture(event.pointerId)
    start.current = { x: event.clientX, column: grid.getBoundingClientRect().width / COLUMNS }
  }
  const onUp = (event: PointerEvent) => {
    if (!start.current) return
    const columns = width + (event.clientX - start.current.x) / start.current.column
    start.current = null
    if (Math.round(columns) !== width) apply(resized(draft, id, columns), id)
  }
  return <span className="edit-resize" aria-hidden="true" onPointerDown={onDown} onPointerUp={onUp} />
}
