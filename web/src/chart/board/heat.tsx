import { useEffect, useRef, useState } from 'react'
import type { MetricRow } from '../../api/types.ts'
import type { Heat } from '../../page/board/shape.ts'

interface HeatProps {
  heat: Heat
  short: (value: number) => string
  label: string
  onPick?: ((row: MetricRow) => void) | undefined
}

const LEFT = 84
const TOP = 20
const GAP = 1
const STEPS = 7
/** Columns are named only where the name has this much room. */
const NAME = 40

/** Cells in steps of one hue, darker for more; the steps are named below. */
export function HeatMap({ heat, short, label, onPick }: HeatProps) {
  const host = useRef<HTMLDivElement>(null)
  const [size, setSize] = useState({ width: 0, height: 0 })
  useEffect(() => {
    const element = host.current
    if (!element) return
    const observer = new ResizeObserver(entries => {
      const box = entries[0]?.contentRect
      setSize({ width: Math.floor(box?.width ?? 0), height: Math.floor(box?.height ?? 0) })
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  const across = Math.max(heat.columns.length, 1)
  const down = Math.max(heat.rows.length, 1)
  const cellWidth = Math.max((size.width - LEFT) / across, 4)
  const cellHeight = Math.min(Math.max((size.height - TOP - 24) / down, 10), 34)
  const every = Math.max(Math.ceil(NAME / cellWidth), 1)
  const step = (value: number) => (heat.most > 0 ? Math.min(Math.ceil((value / heat.most) * STEPS), STEPS) : 0)
  return (
    <div className="heat" ref={host}>
      {size.width > 0 && (
        <svg width={size.width} height={TOP + cellHeight * down + 24} role="img" aria-label={label}>
          {heat.columns.map((name, i) =>
            i % every === 0 ? (
              <text key={name} className="heat-name" x={LEFT + i * cellWidth} y={13}>
                {name}
              </text>
            ) : null,
          )}
          {heat.rows.map((name, r) => (
            <g key={name} transform={`translate(0 ${TOP + r * cellHeight})`}>
              <text className="heat-name" x={0} y={cellHeight / 2 + 4}>
                {name.slice(0, 12)}
              </text>
              {heat.columns.map((column, c) => {
                const cell = heat.cells[r]?.[c] ?? null
                return (
                  // biome-ignore lint/a11y/noStaticElementInteractions: every number can be opened by keyboard in the table view
                  <rect
                    key={column}
                    className={`heat-${cell ? step(cell.value) : 0}${onPick && cell ? ' opens' : ''}`}
                    x={LEFT + c * cellWidth}
                    width={Math.max(cellWidth - GAP, 1)}
                    height={Math.max(cellHeight - GAP, 1)}
                    onClick={cell && onPick ? () => onPick(cell.row) : undefined}
                  >
                    <title>{`${name}, ${column}: ${cell ? short(cell.value) : 'none'}`}</title>
                  </rect>
                )
              })}
            </g>
          ))}
          <g transform={`translate(${LEFT} ${TOP + cellHeight * down + 8})`}>
            {Array.from({ length: STEPS }, (_, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the steps do not change
              <rect key={i} className={`heat-${i + 1}`} x={i * 16} width={15} height={10} />
            ))}
            <text className="heat-name" x={STEPS * 16 + 6} y={9}>
              {`up to ${short(heat.most)}`}
            </text>
          </g>
        </svg>
      )}
    </div>
  )
}
