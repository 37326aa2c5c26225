import { Menu } from '@base-ui/react/menu'
import { useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, type ReactNode, useEffect, useId, useMemo, useRef, useState } from 'react'
import { navigate, usePatch, usePlace } from '../router.ts'
import { saveText } from '../save.ts'
import { copyText } from './control.tsx'
import { toCsv } from './csv.ts'
import { Icon } from './icon.tsx'
import { useNarrow } from './screen.ts'

export interface Column<T> {
  key: string
  title: string
  width: number
  align?: 'end'
  cell: (row: T) => ReactNode
  /** The cell as plain text, for copies and exports. */
  text: (row: T) => string
  compare?: (a: T, b: T) => number
  /** Not shown until asked for. */
  spare?: boolean
}

interface GridProps<T> {
  label: string
  columns: readonly Column<T>[]
  rows: readonly T[]
  rowKey: (row: T, index: number) => string
  rowHref?: (row: T) => string | null
  /** How a row looks on a phone. */
  narrow?: (row: T) => ReactNode
  /** Called when the end of the rows comes into sight. */
  onEnd?: () => void
  foot?: ReactNode
  lead?: ReactNode
  actions?: ReactNode
  /** Stands in the place of the rows, as long as there are none. What leads stays: a search keeps its focus. */
  instead?: ReactNode
  fileName: string
}

const ROW = 32
const ROW_NARROW = 60
const LEAST = 56

function useSorted<T>(columns: readonly Column<T>[], rows: readonly T[], sort: string) {
  return useMemo(() => {
    const [key, direction] = sort.split('.')
    const compare = columns.find(column => column.key === key)?.compare
    if (!compare) return rows
    const sign = direction === 'desc' ? -1 : 1
    return [...rows].sort((a, b) => sign * compare(a, b))
  }, [columns, rows, sort])
}

/** Shown columns are in the address as `cols`, the order as `sort`; widths last as long as the page. */
function useGridState<T>(columns: readonly Column<T>[]) {
  const { params } = usePlace()
  const patch = usePatch()
  const [widths, setWidths] = useState<Record<string, number>>({})
  const cols = params.get('cols')
  const shown = useMemo(() => {
    const asked = cols?.split(',')
    const picked = columns.filter(column => (asked ? asked.includes(column.key) : !column.spare))
    return picked.length > 0 ? picked : columns
  }, [columns, cols])
  const sort = params.get('sort') ?? ''
  const toggle = (key: string) => {
    const now = shown.map(column => column.key)
    const next = now.includes(key)
      ? now.filter(k => k !== key)
      : columns.map(c => c.key).filter(k => k === key || now.includes(k))
    const standard = columns.filter(c => !c.spare).map(c => c.key)
    patch({ cols: next.join() === standard.join() ? null : next.join() }, { replace: true })
  }
  const sortBy = (key: string) => {
    const next = sort === `${key}.asc` ? `${key}.desc` : sort === `${key}.desc` ? null : `${key}.asc`
    patch({ sort: next }, { replace: true })
  }
  return { shown, sort, widths, setWidths, toggle, sortBy }
}

/** A table with its bar above, and what is to say about its rows below. */
export function Grid<T>(props: GridProps<T>) {
  const state = useGridState(props.columns)
  const sorted = useSorted(props.columns, props.rows, state.sort)
  return (
    <div className="grid-box">
      <GridBar {...props} state={state} sorted={sorted} />
      {props.instead || (
        <>
          <Rows {...props} state={state} sorted={sorted} />
          {props.foot && <div className="grid-foot">{props.foot}</div>}
        </>
      )}
    </div>
  )
}

type GridState<T> = ReturnType<typeof useGridState<T>>
type RowsProps<T> = GridProps<T> & { state: GridState<T>; sorted: readonly T[] }

/**
 * A virtualised table. The frame holds the focus and points at its active row (the grid pattern of ARIA), because rows
 * come and go while it scrolls; that is why the rules that ask for table elements and focusable rows are off here.
 */
function Rows<T>(props: RowsProps<T>) {
  const { label, narrow, rowHref, state, sorted } = props
  const phone = useNarrow() && narrow !== undefined
  const frame = useRef<HTMLDivElement>(null)
  const [active, setActive] = useState(-1)
  const id = useId()
  const virtual = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => frame.current,
    estimateSize: () => (phone ? ROW_NARROW : ROW),
    overscan: 12,
    scrollPaddingStart: phone ? 0 : ROW,
  })
  const items = virtual.getVirtualItems()
  const last = items.at(-1)?.index ?? 0
  const { onEnd } = props
  useEffect(() => {
    if (onEnd && last >= sorted.length - 20) onEnd()
  }, [onEnd, last, sorted.length])
  // biome-ignore lint/correctness/useExhaustiveDependencies: row heights change with the layout
  useEffect(() => virtual.measure(), [phone])

  const widthOf = (column: Column<T>) => state.widths[column.key] ?? column.width
  const template = state.shown.map(column => `minmax(${widthOf(column)}px, ${widthOf(column)}fr)`).join(' ')
  const least = phone ? 0 : state.shown.reduce((sum, column) => sum + widthOf(column), 0)
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15, Home: -1e9, End: 1e9 }[event.key]
    if (step !== undefined && event.target === frame.current) {
      event.preventDefault()
      const next = Math.min(sorted.length - 1, Math.max(0, active + step))
      setActive(next)
      virtual.scrollToIndex(next)
    }
    const row = sorted[active]
    const href = row && rowHref?.(row)
    if (event.key === 'Enter' && href && event.target === frame.current) navigate(href)
  }
  return (
    <div
      ref={frame}
      className={phone ? 'grid phone' : 'grid'}
      role="grid"
      aria-label={label}
      aria-rowcount={sorted.length + 1}
      aria-colcount={state.shown.length}
      aria-activedescendant={active >= 0 ? `${id}-${active}` : undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <GridHead state={state} template={template} least={least} hidden={phone} widthOf={widthOf} />
      <div className="grid-body" role="rowgroup" style={{ height: virtual.getTotalSize(), minWidth: least }}>
        {items.map(item => {
          const row = sorted[item.index] as T
          const href = rowHref?.(row)
          return (
            <div
              key={props.rowKey(row, item.index)}
              id={`${id}-${item.index}`}
              role="row"
              aria-rowindex={item.index + 2}
              aria-selected={item.index === active}
              className={`grid-row${href ? ' opens' : ''}${item.index === active ? ' active' : ''}`}
              style={{
                transform: `translateY(${item.start}px)`,
                gridTemplateColumns: phone ? undefined : template,
                height: item.size,
              }}
              onClick={event => {
                if (href && !(event.target as Element).closest('a,button') && !getSelection()?.toString())
                  navigate(href)
              }}
            >
              {phone ? (
                <div role="gridcell">{narrow?.(row)}</div>
              ) : (
                state.shown.map(column => (
                  <div
                    key={column.key}
                    role="gridcell"
                    className={`clip ${column.align ?? ''}`}
                    title={column.text(row)}
                  >
                    {column.cell(row)}
                  </div>
                ))
              )}
            </div>
          )
        })}
      </div>
    </div>
  )
}

function GridHead<T>({
  state,
  template,
  least,
  hidden,
  widthOf,
}: {
  state: GridState<T>
  template: string
  least: number
  hidden: boolean
  widthOf: (column: Column<T>) => number
}) {
  const drag = (column: Column<T>, event: React.PointerEvent) => {
    event.preventDefault()
    const start = event.clientX
    const from = (event.currentTarget.parentElement as HTMLElement).offsetWidth
    const move = (e: PointerEvent) =>
      state.setWidths(old => ({ ...old, [column.key]: Math.max(LEAST, from + e.clientX - start) }))
    const end = () => {
      window.removeEventListener('pointermove', move)
      window.removeEventListener('pointerup', end)
    }
    window.addEventListener('pointermove', move)
    window.addEventListener('pointerup', end)
  }
  return (
    <div className={hidden ? 'grid-head sr' : 'grid-head'} role="rowgroup" style={{ minWidth: least }}>
      <div role="row" aria-rowindex={1} className="grid-row head" style={{ gridTemplateColumns: template }}>
        {state.shown.map(column => {
          const order =
            state.sort === `${column.key}.asc` ? 'ascending' : state.sort === `${column.key}.desc` ? 'descending' : null
          return (
            <div
              key={column.key}
              role="columnheader"
              tabIndex={-1}
              className={column.align}
              aria-sort={column.compare ? (order ?? 'none') : undefined}
            >
              {column.compare ? (
                <button type="button" tabIndex={hidden ? -1 : 0} onClick={() => state.sortBy(column.key)}>
                  {column.title}
                  {order && <Icon name={order === 'ascending' ? 'up' : 'fall'} size={12} />}
                </button>
              ) : (
                column.title
              )}
              <span
                className="resize"
                aria-hidden="true"
                onPointerDown={event => drag(column, event)}
                onDoubleClick={() => state.setWidths(old => ({ ...old, [column.key]: widthOf(column) + 40 }))}
              />
            </div>
          )
        })}
      </div>
    </div>
  )
}

function GridBar<T>({ columns, lead, actions, instead, fileName, state, sorted }: RowsProps<T>) {
  const csv = () => toCsv(state.shown, sorted)
  if (instead) return <div className="grid-bar">{lead}</div>
  return (
    <div className="grid-bar">
      {lead}
      <span className="spacer" />
      {actions}
      <Menu.Root>
        <Menu.Trigger className="button ghost only" aria-label="Columns and copies" title="Columns and copies">
          <Icon name="columns" />
        </Menu.Trigger>
        <Menu.Portal>
          <Menu.Positioner className="positioner" align="end" sideOffset={6}>
            <Menu.Popup className="menu">
              <Menu.Group>
                <Menu.GroupLabel className="menu-label">Columns</Menu.GroupLabel>
                {columns.map(column => (
                  <Menu.CheckboxItem
                    key={column.key}
                    className="menu-item"
                    checked={state.shown.includes(column)}
                    onCheckedChange={() => state.toggle(column.key)}
                  >
                    <span className="menu-check">
                      <Menu.CheckboxItemIndicator>
                        <Icon name="check" size={14} />
                      </Menu.CheckboxItemIndicator>
                    </span>
                    {column.title}
                  </Menu.CheckboxItem>
                ))}
              </Menu.Group>
              <Menu.Separator className="menu-line" />
              <Menu.Item className="menu-item" onClick={() => copyText(csv())}>
                <Icon name="copy" size={14} /> Copy these rows as CSV
              </Menu.Item>
              <Menu.Item className="menu-item" onClick={() => saveText(`${fileName}.csv`, 'text/csv', csv())}>
                <Icon name="download" size={14} /> Save these rows as CSV
              </Menu.Item>
            </Menu.Popup>
          </Menu.Positioner>
        </Menu.Portal>
      </Menu.Root>
    </div>
  )
}
