import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react'
import type { LineageEdge, LineageNode } from '../../api/lineage.ts'
import { Icon } from '../../ui/icon.tsx'
import { useNow } from '../../ui/state.tsx'
import { brief, StateMark } from './badge.tsx'
import { curve, HEAD, type Layout, layOut, WIDTH } from './layout.ts'
import { type Choice, type Columns, columnsOf, fold, heightOf, isFolded } from './shown.ts'
import { pair, split } from './trace.ts'

interface Props {
  nodes: readonly LineageNode[]
  edges: readonly LineageEdge[]
  /** What the filter found; null without one. The rest is on the ways to and from it. */
  found: readonly LineageNode[] | null
  choice: Choice
  onPick: (ref: string) => void
  onOpen: (id: string) => void
}

/** Boxes in stages, joined by lines. One of them is in the tab order; arrows go from it along the lines. */
export function Graph({ nodes, edges, found, choice, onPick, onOpen }: Props) {
  const shown = useMemo(() => fold(nodes, edges, choice), [nodes, edges, choice])
  const columns = useMemo(
    () => new Map(shown.nodes.map(node => [node.id, columnsOf(node, choice)])),
    [shown.nodes, choice],
  )
  const layout = useMemo(() => {
    const height = (id: string) => heightOf(columns.get(id) ?? { shown: [], rest: 0 })
    return layOut(
      shown.nodes.map(node => ({ id: node.id, kind: node.kind, height: height(node.id) })),
      shown.edges,
    )
  }, [shown, columns])
  const frame = useRef<HTMLDivElement>(null)
  const [focused, setFocused] = useState('')
  const stops = layout.order.map(stage =>
    stage.flatMap(id => [id, ...(columns.get(id)?.shown ?? []).map(column => `${id}/${column.name}`)]),
  )
  const all = stops.flat()
  const at = [focused, choice.pick].find(ref => all.includes(ref)) ?? all[0] ?? ''
  // The panel that opens beside the graph must not hide what was chosen.
  useEffect(() => {
    const chosen = choice.pick && frame.current?.querySelector(`[data-ref="${CSS.escape(split(choice.pick).node)}"]`)
    if (chosen) chosen.closest('.lin-node')?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }, [choice.pick])
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return
    if (event.key === 'Enter') {
      event.preventDefault()
      onOpen(split(at).node)
    } else if (event.key === 'Escape') {
      onPick('')
    } else {
      const next = nextStop(event.key, at, stops, shown.edges, layout, choice)
      if (next === null) return
      event.preventDefault()
      frame.current?.querySelector<HTMLElement>(`[data-ref="${CSS.escape(next)}"]`)?.focus()
    }
  }
  return (
    <section className="lin-frame" aria-label="Graph: arrows follow the lines, Enter opens columns, Space selects">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: keys of the buttons within are handled in one place */}
      <div
        ref={frame}
        className="lin-canvas"
        style={{ width: layout.width, height: layout.height }}
        onKeyDown={onKeyDown}
        onFocus={event => setFocused((event.target as HTMLElement).dataset['ref'] ?? focused)}
      >
        <div className="lin-stages" style={{ width: layout.width }}>
          {layout.stages.map(stage => (
            <h3 key={stage.title} style={{ left: stage.x, width: WIDTH }}>
              {stage.title}
            </h3>
          ))}
        </div>
        <Lines edges={shown.edges} layout={layout} choice={choice} />
        {shown.nodes.map(node => (
          <NodeBox
            key={node.id}
            node={node}
            columns={columns.get(node.id) ?? { shown: [], rest: 0 }}
            layout={layout}
            choice={choice}
            at={at}
            passed={found !== null && !found.includes(node)}
            onPick={onPick}
            onOpen={onOpen}
          />
        ))}
      </div>
    </section>
  )
}

/** Where an arrow key leads: along a line to the sides, within the stage up and down; null when it leads nowhere. */
function nextStop(
  key: string,
  at: string,
  stops: readonly string[][],
  edges: readonly LineageEdge[],
  layout: Layout,
  { lit }: Choice,
): string | null {
  const stage = stops.find(refs => refs.includes(at)) ?? []
  if (key === 'ArrowDown') return stage[stage.indexOf(at) + 1] ?? null
  if (key === 'ArrowUp') return stage[stage.indexOf(at) - 1] ?? null
  if (key !== 'ArrowRight' && key !== 'ArrowLeft') return null
  const { node } = split(at)
  const right = key === 'ArrowRight'
  const ends = edges.filter(edge => (right ? edge.from : edge.to) === node)
  const bright = ends.filter(edge => lit?.pairs.has(pair(edge.from, edge.to)))
  const y = (id: string) => layout.boxes.get(id)?.y ?? 0
  const near = (id: string) => Math.abs(y(id) - y(node))
  const ids = (bright.length > 0 ? bright : ends).map(edge => (right ? edge.to : edge.from))
  return ids.sort((a, b) => near(a) - near(b))[0] ?? null
}

function Lines({ edges, layout, choice: { lit } }: { edges: readonly LineageEdge[]; layout: Layout; choice: Choice }) {
  const isLit = (edge: LineageEdge) => lit?.pairs.has(pair(edge.from, edge.to)) ?? false
  const drawn = [...edges].sort((a, b) => Number(isLit(a)) - Number(isLit(b)))
  return (
    <svg className="lin-lines" width={layout.width} height={layout.height} aria-hidden="true">
      {drawn.map(edge => {
        const from = layout.boxes.get(edge.from)
        const to = layout.boxes.get(edge.to)
        if (!from || !to) return null
        return (
          <path
            key={pair(edge.from, edge.to)}
            className={isLit(edge) ? 'lit' : lit ? 'dim' : undefined}
            d={curve(from.x + WIDTH, from.y + HEAD / 2, to.x, to.y + HEAD / 2)}
          />
        )
      })}
    </svg>
  )
}

/** Kinds that the heading of their stage names. */
const ALONE: ReadonlySet<string> = new Set(['source', 'pass', 'job', 'dashboard', 'sink'])

interface BoxProps extends Pick<Props, 'choice' | 'onPick' | 'onOpen'> {
  node: LineageNode
  columns: Columns
  layout: Layout
  at: string
  /** The filter has not found it. */
  passed: boolean
}

function NodeBox({ node, columns, layout, choice, at, passed, onPick, onOpen }: BoxProps) {
  const now = useNow(5000)
  const box = layout.boxes.get(node.id)
  if (!box) return null
  const { pick, lit, open } = choice
  const folded = isFolded(node.id)
  const bright = lit?.nodes.has(node.id) ?? false
  const isOpen = open.has(node.id) || open.has(`${node.id}*`)
  const opens = folded || node.columns.length > 0
  const line = brief(node, now)
  const told = ALONE.has(node.kind)
  return (
    <div
      className={`lin-node${bright ? ' lit' : lit || passed ? ' dim' : ''}${split(pick).node === node.id ? ' picked' : ''}`}
      style={{ left: box.x, top: box.y, width: WIDTH, height: box.height }}
    >
      <div className="lin-top">
        <button
          type="button"
          className="lin-head"
          data-ref={node.id}
          tabIndex={at === node.id ? 0 : -1}
          aria-pressed={pick === node.id}
          aria-expanded={opens ? isOpen : undefined}
          title={node.text ? `${node.name}: ${node.text}` : node.name}
          onClick={() => (folded ? onOpen(node.id) : onPick(pick === node.id ? '' : node.id))}
        >
          {told && <span className="sr">{node.kind}</span>}
          <span className="lin-name">
            <span className="clip">{node.name}</span>
            <StateMark badge={node.badge} />
          </span>
          <span className="lin-sub clip">
            {[told ? '' : node.kind, line].filter(text => text !== '').join(' · ') || node.kind}
          </span>
        </button>
        {opens && (
          <button
            type="button"
            className="lin-open"
            tabIndex={-1}
            aria-label={`${isOpen ? 'Hide' : 'Show'} the columns of ${node.name}`}
            onClick={() => onOpen(node.id)}
          >
            <Icon name={isOpen ? 'up' : folded ? 'more' : 'columns'} size={14} />
          </button>
        )}
      </div>
      {columns.shown.length > 0 && (
        <ul>
          {columns.shown.map(column => {
            const ref = `${node.id}/${column.name}`
            const isLit = lit?.columns.get(node.id)?.has(column.name) ?? false
            return (
              <li key={column.name}>
                <button
                  type="button"
                  data-ref={ref}
                  className={`lin-column${isLit ? ' lit' : lit ? ' dim' : ''}`}
                  tabIndex={at === ref ? 0 : -1}
                  aria-pressed={pick === ref}
                  title={column.type ? `${column.name}, ${column.type}` : column.name}
                  onClick={() => onPick(pick === ref ? node.id : ref)}
                >
                  <span className="clip">{column.name}</span>
                </button>
              </li>
            )
          })}
          {columns.rest > 0 && (
            <li>
              <button type="button" className="lin-column more" tabIndex={-1} onClick={() => onOpen(`${node.id}*`)}>
                {columns.rest} more
              </button>
            </li>
          )}
        </ul>
      )}
    </div>
  )
}
